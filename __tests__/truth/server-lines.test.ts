import { findNatsServer } from "../../cli/core/tools";
import { TestProject } from "../support/project";
import { threeServers } from "../support/twin-environment";
import { TestTwin } from "../support/twin-project";

/** The newest release of each line that an environment may name and that gets fixes. */
const releases = ["2.14.5", "2.15.2"];

const project = new TestProject();
afterAll(() => project.remove());

describe.each(releases)("a twin of nats-server %s", (version) => {
  const onRelease = findNatsServer(version) ? test : test.skip;
  const missing = findNatsServer(version) ? "" : " (skipped: this release is not built, make old-servers builds it)";

  onRelease(`is proven by verify, row by row${missing}`, async () => {
    const name = `line-${version.replaceAll(".", "-")}`;
    const twin = new TestTwin(project, name);
    try {
      await twin.up(threeServers(name, { nats: { version } }));
      const { code, rows } = await twin.verify();
      expect(rows.filter(({ ok }) => !ok)).toEqual([]);
      expect(code).toBe(0);
      const versions = rows.filter(({ what }) => what.endsWith("version and names")).map(({ seen }) => seen);
      expect(versions).toHaveLength(3);
      for (const seen of versions) expect(seen).toContain(version);
      expect(rows.find(({ what }) => what === "core: meta quorum")?.seen).toMatch(/3 peers, 2 followers current$/);
    } finally {
      await twin.close();
      await project.run("down", name, "--now");
    }
  });
});
