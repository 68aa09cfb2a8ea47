import type { ClusterTopology } from "../../../model/topology";
import { extraMounts, volumeMountPatch, volumePatch } from "../../../templates/helm-values/mounts";
import { onKubernetes } from "../../support/kubernetes-context";

const mounts = async () => {
  const { topology, cluster } = await onKubernetes();
  const leafLinks = [{ user: "leaf-nats-APP" }] as ClusterTopology["leafLinks"];
  return extraMounts(topology, { ...cluster, leafLinks });
};

test("servers read their secrets, and write to none", async () => {
  const patches = volumeMountPatch(await mounts());
  expect(patches).toHaveLength(3);
  for (const { value } of patches) expect(value.readOnly).toBe(true);
});

test("of the programs' keys a server sees that of its own link", async () => {
  const [keys] = volumePatch(await mounts()).filter(({ value }) => value.name === "leaf-credentials");
  expect(keys?.value.secret.items).toEqual([{ key: "creds-leaf-nats-APP", path: "leaf-nats-APP.creds" }]);
});
