import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serversReached } from "../../cli/deploy/aws/restarts";
import type { DeployTarget } from "../../cli/deploy/target";
import { makeKeys } from "../../cli/keys/make";
import { FolderStore } from "../../cli/keys/store";
import { parseEnvironment } from "../../model/config";
import { buildTopology, clusterOf, isOnEcs } from "../../model/topology";
import { core, threeServers } from "../support/twin-environment";

/* Servers that nobody can ask are not restarted where they take with them what they hold. No name ends in `.invalid`. */

const folder = mkdtempSync(join(tmpdir(), "natsform-reach-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function asked(
  platform: Partial<{ storage: "efs" }>,
  allowed: string[] = [],
  jetstream: typeof core.jetstream | null = core.jetstream,
): Promise<string[]> {
  const own = {
    ...core,
    jetstream: jetstream ?? undefined,
    platform: { ...core.platform, domain: "tests.invalid", ...platform },
  };
  const input = threeServers("reach", { clusters: { core: own }, ...(!jetstream && { streams: [] }) });
  const { environment, problems } = parseEnvironment(input, "reach");
  if (!environment) throw new Error(JSON.stringify(problems));
  const topology = buildTopology(environment);
  const keys = new FolderStore(folder);
  const { trust } = await makeKeys(topology, keys, undefined);
  const cluster = clusterOf(topology, "core");
  if (!isOnEcs(cluster)) throw new Error("it is not on ECS");
  const target = { environment, topology, trust, keys, allowed: { dataLoss: allowed } } as unknown as DeployTarget;
  const said: string[] = [];
  expect(await serversReached(target, cluster, (text) => said.push(text))).toBeUndefined();
  return said;
}

test("where a disk goes with its task, nothing is restarted by the health of tasks alone", async () => {
  await expect(asked({})).rejects.toMatchObject({
    message: expect.stringMatching(
      /^servers of core do not answer from here: .*; nobody can say whether others hold what a server takes with its disk\n/,
    ),
    fix: expect.stringContaining("--allow-data-loss core"),
  });
});

const alone = [
  expect.stringMatching(/^servers of core do not answer from here: .* by the health of their tasks alone$/),
];

test("it is where somebody says so, where disks stay, and where nothing is stored", async () => {
  expect(await asked({}, ["core"])).toEqual(alone);
  expect(await asked({ storage: "efs" })).toEqual(alone);
  expect(await asked({}, [], null)).toEqual(alone);
});
