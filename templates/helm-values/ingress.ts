import type { KubernetesCluster } from "../../model/topology";
import { clusterSecrets } from "../../model/topology";

/**
 * `config.websocket.ingress`: browsers reach the WebSocket port at the public name. The Ingress ends their TLS and opens
 * its own to the servers, which speak nothing else.
 */
export function ingressValues(cluster: KubernetesCluster): Record<string, unknown> {
  const { ingress } = cluster.platform;
  const name = cluster.certificates.find(({ signer }) => signer === "ingress");
  if (!ingress || !name) return {};
  const { className, annotations, tlsSecret = clusterSecrets(cluster.name).certificate("public") } = ingress;
  return {
    ingress: {
      enabled: true,
      hosts: name.names,
      className,
      ...(tlsSecret !== false && { tlsSecretName: tlsSecret }),
      merge: { metadata: { annotations: { ...overTls, ...annotations } } },
    },
  };
}

/** For controllers that ignore the port's `appProtocol`. Each reads its own annotations and no others. */
const overTls = {
  "nginx.ingress.kubernetes.io/backend-protocol": "HTTPS",
  // A connection of NATS is quiet for two minutes between pings; nginx would close it after one.
  "nginx.ingress.kubernetes.io/proxy-read-timeout": "3600",
  "nginx.ingress.kubernetes.io/proxy-send-timeout": "3600",
  "alb.ingress.kubernetes.io/backend-protocol": "HTTPS",
};

/** The same for controllers that look at the Service. */
export const serviceAnnotations = {
  "cloud.google.com/app-protocols": JSON.stringify({ websocket: "HTTPS" }),
};
