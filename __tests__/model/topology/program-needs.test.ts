import { buildTopology, type ClusterTopology, type ProgramName, programModel, programs } from "../../../model/topology";
import { baseEnvironment, parsed } from "../../support/lint-environment";

const topology = buildTopology(parsed(baseEnvironment));
const cluster = topology.clusters[0] as ClusterTopology;

test("each program reads the keys of its own user and of its own task, and no others", () => {
  const read = (Object.keys(programs) as ProgramName[]).map((name) => [
    name,
    programModel(name).secrets({ topology, cluster }, "APP"),
  ]);
  expect(Object.fromEntries(read)).toEqual({
    "auth-callout": ["callout-issuer", "callout-xkey", "user-responder"],
    "certificate-renewal": ["user-renewal"],
    "http-gateway": [],
    backlog: [],
    streams: ["user-streams-APP"],
    backup: ["user-backup-APP", "backup-key"],
    "certificate-agent": [],
    "certificate-manager": [],
    "dns-sync": [],
  });
});

test("programs reach the clients' port; what looks at certificates reaches those that serve them", () => {
  const reached = (Object.keys(programs) as ProgramName[]).filter((name) =>
    programModel(name).listeners.some((listener) => listener !== "client"),
  );
  expect(reached.sort()).toEqual(["certificate-agent", "certificate-renewal"]);
});
