import { standInTrust } from "../../../admission/stand-in-trust";
import { helmValues } from "../../../templates/helm-values";
import { type OnKubernetes, onKubernetes } from "../../support/kubernetes-context";

type Change = (cluster: OnKubernetes, nats: { maxPayload?: string }) => void;

async function digestWith(change: Change): Promise<string> {
  const { topology, cluster } = await onKubernetes((own, input) => {
    input.nats ??= {};
    change(own, input.nats as { maxPayload?: string });
  });
  // Made keys differ each time.
  const values = helmValues({ topology, cluster, trust: standInTrust(topology) }) as {
    podTemplate: { merge: { metadata: { annotations: Record<string, string> } } };
  };
  return values.podTemplate.merge.metadata.annotations["natsform/restart-digest"] ?? "";
}

const withValues =
  (values: Record<string, unknown>): Change =>
  ({ platform }) => {
    platform.chart = { values };
  };

test.each<[string, Record<string, unknown>]>([
  ["a key that servers refuse on reload", { config: { merge: { max_closed_clients: 500 } } }],
  ["one in a block", { config: { websocket: { enabled: true, merge: { handshake_timeout: "3s" } } } }],
  ["a listener that the environment does not have", { config: { mqtt: { enabled: true } } }],
  ["a patch, which may change anything", { config: { patch: [{ op: "add", path: "/x", value: 1 }] } }],
  ["a patch of a block", { config: { cluster: { patch: [{ op: "add", path: "/x", value: 1 }] } } }],
  ["what is merged into a TLS block", { config: { cluster: { tls: { merge: { handshake_first: true } } } } }],
  ["a patch of a TLS block", { config: { nats: { tls: { patch: [{ op: "add", path: "/x", value: 1 }] } } } }],
  ["profiling", { config: { profiling: { enabled: true } } }],
])("pods are replaced for %s of chart.values", async (_, values) => {
  const digest = await digestWith(() => undefined);
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect(await digestWith(withValues(values))).not.toBe(digest);
});

test.each<[string, Change]>([
  ["what reload takes over, in the environment", (_, nats) => (nats.maxPayload = "3MiB")],
  ["what reload takes over, in chart.values", withValues({ config: { merge: { server_tags: ["a:b"] } } })],
  ["other values of the chart", withValues({ service: { merge: { spec: { type: "LoadBalancer" } } } })],
  ["another number of servers, which is other routes", (cluster) => (cluster.size = 5)],
])("pods are not replaced for %s", async (_, change) => {
  expect(await digestWith(change)).toBe(await digestWith(() => undefined));
});

test("the order of one's own keys is nothing that pods are replaced for", async () => {
  const merges = [
    { max_closed_clients: 500, max_pending: "<< 64MiB >>" },
    { max_pending: "<< 64MiB >>", max_closed_clients: 500 },
  ];
  const [one, other] = await Promise.all(merges.map((merge) => digestWith(withValues({ config: { merge } }))));
  expect(one).toBe(other);
});

test("patches of one's own leave natsform's in place", async () => {
  const patch = [{ op: "add", path: "/env/-", value: { name: "A", value: "1" } }];
  const { topology, cluster, trust } = await onKubernetes(withValues({ container: { patch } }) as never);
  const { container } = helmValues({ topology, cluster, trust }) as { container: { patch: { path: string }[] } };
  expect(container.patch.map(({ path }) => path)).toEqual(["/volumeMounts/-", "/env/-"]);
});
