import { makeKeys } from "../../../cli/keys/make";
import { rotateKeys } from "../../../cli/keys/rotate";
import { MemoryStore } from "../../../cli/keys/store";
import { deployedDigest, platformSite, restartDigest, serverConf } from "../../../templates/nats-conf";
import { platforms, type RichServer, richTopology } from "../../support/same-server";

const digestOf = ({ topology, cluster, trust }: RichServer) => {
  const [server] = cluster.servers;
  if (!server) throw new Error("the cluster has servers");
  return deployedDigest(serverConf({ topology, cluster, server, trust, site: platformSite(topology, cluster) }), {
    topology,
    cluster,
    trust,
  });
};

test("an operator's servers are restarted for rotated keys, which they read at their start alone", async () => {
  const store = new MemoryStore();
  const rich = await richTopology("operator", platforms["aws-ecs"], store);
  await rotateKeys(rich.topology, store, rich.trust);
  const { trust } = await makeKeys(rich.topology, store, rich.trust);
  expect(digestOf({ ...rich, trust })).not.toBe(digestOf(rich));
});

test("a key is the same in every case, as it is for NATS", () => {
  expect(restartDigest({ Max_Payload: 1, port: 1 })).toBe(restartDigest({ Max_Payload: 2, port: 1 }));
  expect(restartDigest({ Max_Payload: 1, PORT: 1 })).not.toBe(restartDigest({ Max_Payload: 1, PORT: 2 }));
});
