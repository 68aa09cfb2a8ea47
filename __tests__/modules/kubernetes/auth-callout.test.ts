import { AuthCallout } from "../../../modules/kubernetes/auth-callout";
import { made } from "../../support/construct";
import { onKubernetes } from "../../support/kubernetes-context";
import type { Block } from "../../support/stacks";

interface Deployment {
  spec: {
    strategy: { rolling_update: { max_unavailable: string } };
    template: {
      metadata: { annotations: Record<string, string> };
      spec: { topology_spread_constraint: { topology_key: string }[]; automount_service_account_token: boolean };
    };
  };
}

const callout = async (responders: number, asks = "ask.{sub}.>"): Promise<Record<string, Block[]>> => {
  const context = await onKubernetes((_, input) => {
    const permissions = [{ account: "USERS", publish: { allow: [asks] } }];
    input.identity = { mode: "callout", oidc: input.identity.oidc, permissions, responders };
  });
  return made((scope) => new AuthCallout(scope, "c", context));
};
const deployment = (blocks: Record<string, Block[]>) => blocks.kubernetes_deployment_v1?.[0] as unknown as Deployment;

test("there are two responders at least", async () => {
  const { kubernetes_horizontal_pod_autoscaler_v2: scaling } = await callout(1);
  expect(scaling?.[0]?.spec).toMatchObject({ min_replicas: 2 });
});

test("they go one at a time: by a release when another runs, by an eviction too", async () => {
  const blocks = await callout(3);
  expect(deployment(blocks).spec.strategy.rolling_update.max_unavailable).toBe("0");
  expect(blocks.kubernetes_pod_disruption_budget_v1?.[0]?.spec).toMatchObject({ max_unavailable: "1" });
});

test("they are spread over nodes and zones", async () => {
  const { topology_spread_constraint } = deployment(await callout(3)).spec.template.spec;
  expect(topology_spread_constraint.map(({ topology_key }) => topology_key)).toEqual([
    "kubernetes.io/hostname",
    "topology.kubernetes.io/zone",
  ]);
});

test("other rules are other pods", async () => {
  const [before, after] = [await callout(3), await callout(3, "ask.{sub}.one")].map(
    (blocks) => deployment(blocks).spec.template.metadata.annotations["natsform/rules"],
  );
  expect(before).toMatch(/^\w+$/);
  expect(after).not.toBe(before);
});

test("they have no token of Kubernetes", async () => {
  const blocks = await callout(3);
  expect(blocks.kubernetes_service_account_v1?.[0]).toMatchObject({ automount_service_account_token: false });
  expect(deployment(blocks).spec.template.spec.automount_service_account_token).toBe(false);
});
