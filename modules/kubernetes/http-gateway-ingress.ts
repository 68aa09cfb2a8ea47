import { IngressV1 } from "@cdktf/provider-kubernetes/lib/ingress-v1";
import type { Construct } from "constructs";
import { type HttpGatewayTopology, httpGatewayHost } from "../../model/topology";
import { httpGatewaySpec } from "../../templates/http-gateway-environment";
import { type KubernetesContext, labelsOf } from "./context";

/** A path that is answered without a token, at the port that callers use: whether a pod is ready, Kubernetes knows itself. */
export const openPath = "/openapi.json";
/** Balancers of the clouds go on with what they began for this long once a pod is gone. */
export const drainingSeconds = 30;

/** An Ingress for the gateway's name, where the environment asks for one. */
export function addIngress(scope: Construct, context: KubernetesContext, gateway: HttpGatewayTopology): void {
  const { names, namespace } = context;
  const { front } = gateway;
  const hostname = httpGatewayHost(context.cluster);
  if (front?.kind !== "ingress" || hostname === undefined) return;
  const { className, annotations, tlsSecret = `${names.httpGateway}-tls` } = front;
  new IngressV1(scope, "ingress", {
    metadata: {
      name: names.httpGateway,
      namespace,
      labels: labelsOf(context, "http-gateway"),
      annotations: { ...controllerAnnotations(context, gateway), ...annotations },
    },
    spec: {
      ingressClassName: className,
      ...(tlsSecret !== false && { tls: [{ hosts: [hostname], secretName: tlsSecret }] }),
      rule: [
        {
          host: hostname,
          http: {
            path: [
              {
                path: "/",
                pathType: "Prefix",
                backend: { service: { name: names.httpGateway, port: { name: "http" } } },
              },
            ],
          },
        },
      ],
    },
  });
}

/** What each controller has to be told: it reads its own annotations and no others. */
function controllerAnnotations(context: KubernetesContext, gateway: HttpGatewayTopology): Record<string, string> {
  const idleSeconds = String(Math.ceil(gateway.balancerIdleMs / 1000));
  const routes = httpGatewaySpec(context.topology, context.trust, context.cluster, gateway.proxies)?.routes ?? [];
  const largest = Math.max(1, ...routes.map((route) => ("maxBodyBytes" in route ? route.maxBodyBytes : 0)));
  return {
    // Callers with a token have nothing to say in clear.
    "nginx.ingress.kubernetes.io/force-ssl-redirect": "true",
    "nginx.ingress.kubernetes.io/proxy-read-timeout": idleSeconds,
    "nginx.ingress.kubernetes.io/proxy-send-timeout": idleSeconds,
    "nginx.ingress.kubernetes.io/proxy-buffering": "off",
    // nginx would take a megabyte, whatever the routes say.
    "nginx.ingress.kubernetes.io/proxy-body-size": String(largest),
    // A request that was sent to one pod is not sent again to another: only the caller knows whether it may be.
    "nginx.ingress.kubernetes.io/proxy-next-upstream": "off",
    "kubernetes.io/ingress.allow-http": "false",
    ...(context.cluster.platform.flavor === "eks" && {
      "alb.ingress.kubernetes.io/target-type": "ip",
      "alb.ingress.kubernetes.io/listen-ports": JSON.stringify([{ HTTPS: 443 }]),
      "alb.ingress.kubernetes.io/ssl-policy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
      "alb.ingress.kubernetes.io/load-balancer-attributes": [
        `idle_timeout.timeout_seconds=${idleSeconds}`,
        "routing.http.desync_mitigation_mode=strictest",
        "routing.http.drop_invalid_header_fields.enabled=true",
      ].join(),
      "alb.ingress.kubernetes.io/target-group-attributes": `deregistration_delay.timeout_seconds=${drainingSeconds}`,
      "alb.ingress.kubernetes.io/healthcheck-path": openPath,
      ...(gateway.webAcl && { "alb.ingress.kubernetes.io/wafv2-acl-arn": gateway.webAcl }),
    }),
  };
}

/** True where Google's own controller is in front: unless another class is named, it is. */
export const isGoogles = ({ cluster }: KubernetesContext): boolean => {
  const front = cluster.httpGateway?.front;
  if (cluster.platform.flavor !== "gke" || front === undefined) return false;
  return front.kind === "route" || front.className === undefined || front.className.startsWith("gce");
};

/** The same for controllers that look at the Service. */
export const serviceAnnotations = (context: KubernetesContext): Record<string, string> | undefined =>
  isGoogles(context) && context.cluster.httpGateway?.front?.kind === "ingress"
    ? {
        "cloud.google.com/neg": JSON.stringify({ ingress: true }),
        "cloud.google.com/backend-config": JSON.stringify({ default: context.names.httpGateway }),
      }
    : undefined;
