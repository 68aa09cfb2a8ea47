import { findNatsServer } from "../../cli/core/tools";
import { compareVersions } from "../../model/config/server-keys";
import { defaultRelease, testedReleases } from "../../model/config/server-releases";

/** True when tests run a nats-server that is at least this one. */
export const runsSince = (release: string): boolean => compareVersions(defaultRelease, release) >= 0;

/** For tests of what differs between the lines: each release that is tested, with its server. */
export const onEachRelease = testedReleases.map((version) => {
  const program = findNatsServer(version);
  const title = program
    ? version
    : `${version} (skipped: it is not built, natsform tools install nats-server@${version} builds it)`;
  return { version, program: program ?? "", title, test: program ? test : test.skip };
});
