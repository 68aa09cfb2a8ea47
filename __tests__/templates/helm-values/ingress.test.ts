import type { KubernetesCluster } from "../../../model/topology";
import { ingressValues } from "../../../templates/helm-values/ingress";

test("an Ingress speaks TLS to the servers, whatever its controller is", () => {
  const cluster = {
    name: "nats",
    platform: { ingress: { annotations: {} } },
    certificates: [{ signer: "ingress", names: ["nats.example.com"] }],
  } as unknown as KubernetesCluster;
  const { ingress } = ingressValues(cluster) as {
    ingress: { merge: { metadata: { annotations: Record<string, string> } } };
  };
  expect(ingress.merge.metadata.annotations).toMatchObject({
    "nginx.ingress.kubernetes.io/backend-protocol": "HTTPS",
    "alb.ingress.kubernetes.io/backend-protocol": "HTTPS",
  });
});
