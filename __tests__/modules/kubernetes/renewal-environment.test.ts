import { reloadVariables } from "../../../modules/kubernetes/renewal-environment";
import { onKubernetes } from "../../support/kubernetes-context";

test("after a renewal every server is asked what it serves", async () => {
  const context = await onKubernetes();
  const served: { host: string }[] = JSON.parse(reloadVariables(context).SERVED ?? "[]");
  const hosts = context.cluster.servers.map(({ host }) => host);
  expect(hosts).toHaveLength(3);
  expect([...new Set(served.map(({ host }) => host))].sort()).toEqual([...hosts].sort());
});
