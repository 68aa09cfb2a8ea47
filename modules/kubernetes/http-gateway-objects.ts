import { httpGatewayHost } from "../../model/topology";
import type { CustomResource } from "../../templates/kubernetes-monitoring";
import { type KubernetesContext, labelsOf } from "./context";
import { drainingSeconds, isGoogles, openPath } from "./http-gateway-ingress";

/**
 * Objects of custom kinds for the HTTP gateway: its route of the Gateway API, and what Google's balancers have to be told. They
 * go with the release, since Terraform plans an object of a custom kind only where that kind is known.
 */
export function httpGatewayObjects(context: KubernetesContext): CustomResource[] {
  const { cluster, names, namespace } = context;
  const { front, balancerIdleMs = 0 } = cluster.httpGateway ?? {};
  const hostname = httpGatewayHost(cluster);
  if (!front || hostname === undefined) return [];
  const isOfGoogle = isGoogles(context);
  const name = names.httpGateway;
  const metadata = { name, namespace, labels: labelsOf(context, "http-gateway") };
  // Google's timeout is of a whole response, event streams included: readers come back by their id.
  const timeoutSec = Math.max(3600, Math.ceil(balancerIdleMs / 1000));
  const object = (apiVersion: string, kind: string, spec: CustomResource["spec"]): CustomResource => ({
    apiVersion,
    kind,
    metadata,
    spec,
  });
  if (front.kind === "ingress")
    return isOfGoogle
      ? [
          object("cloud.google.com/v1", "BackendConfig", {
            timeoutSec,
            connectionDraining: { drainingTimeoutSec: drainingSeconds },
            healthCheck: { type: "HTTP", requestPath: openPath },
          }),
        ]
      : [];
  const targetRef = { group: "", kind: "Service", name };
  const route = object("gateway.networking.k8s.io/v1", "HTTPRoute", {
    parentRefs: [{ namespace: front.gateway.namespace, name: front.gateway.name, sectionName: front.gateway.listener }],
    hostnames: [hostname],
    rules: [
      {
        matches: [{ path: { type: "PathPrefix", value: "/" } }],
        backendRefs: [{ name, port: 80 }],
        // Event streams have no end of their own. Google's controller takes no timeouts here.
        ...(!isOfGoogle && { timeouts: { request: "0s" } }),
      },
    ],
  });
  const ofGoogle = [
    object("networking.gke.io/v1", "HealthCheckPolicy", {
      default: { config: { type: "HTTP", httpHealthCheck: { requestPath: openPath } } },
      targetRef,
    }),
    object("networking.gke.io/v1", "GCPBackendPolicy", {
      default: { timeoutSec, connectionDraining: { drainingTimeoutSec: drainingSeconds } },
      targetRef,
    }),
  ];
  return [route, ...(isOfGoogle ? ofGoogle : [])];
}
