import { trustPrerequisites } from "../../cli/deploy/preflight/keys";
import demo from "../../environments/demo";
import { parseEnvironment } from "../../model/config";
import { buildTopology } from "../../model/topology";
import { TestProject } from "../support/project";

test("each key that the trust file has too many of is named", async () => {
  const project = new TestProject();
  try {
    const { services } = demo.identity;
    project.write({ ...demo, name: "kept" });
    await project.run("keys", "init", "kept");
    const { environment } = parseEnvironment({ ...demo, name: "kept", identity: { ...demo.identity, services: {} } });
    if (!environment) throw new Error("the environment is not right");
    const [row] = await Promise.all(trustPrerequisites(project.root, environment, buildTopology(environment)));
    expect(row?.ok).toBe(false);
    for (const name of Object.keys(services ?? {}))
      expect(row?.found).toContain(`users.service-${name} is in no configuration any more`);
    expect(row?.get).toContain("natsform keys init kept");
  } finally {
    await project.remove();
  }
});
