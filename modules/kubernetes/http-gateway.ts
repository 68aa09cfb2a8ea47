import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1";
import { ServiceV1 } from "@cdktf/provider-kubernetes/lib/service-v1";
import { Construct } from "constructs";
import { type HttpGatewayTopology, httpGatewayRun } from "../../model/topology";
import { httpGatewayEnvironment, httpGatewaySpec } from "../../templates/http-gateway-environment";
import { programRequests, quantities } from "../../templates/kubernetes-requests";
import { json } from "../terraform/json";
import { authoritiesMount, authorityFile, clientUrl, keyFile, programKeys } from "./connection";
import { type KubernetesContext, labelsOf } from "./context";
import { digest } from "./digest";
import { addIngress, serviceAnnotations } from "./http-gateway-ingress";
import { volumeMounts } from "./pod";
import { programContainer } from "./program";
import { probes, programDeployment } from "./program-deployment";

const program = "http-gateway";
const { ports, least, most, drainSeconds, stopSeconds } = httpGatewayRun;
const specFolder = "/etc/natsform/routes";
const specFile = "spec.json";

/** The HTTP gateway of a cluster: at least two pods over the nodes, a Service, and what leads callers from outside to it. */
export class HttpGateway extends Construct {
  constructor(scope: Construct, id: string, context: KubernetesContext, gateway: HttpGatewayTopology) {
    super(scope, id);
    const { names, namespace, topology, trust, cluster } = context;
    const name = names.httpGateway;
    const labels = labelsOf(context, program);
    const metadata = { name, namespace, labels };
    const spec = json(httpGatewaySpec(topology, trust, cluster, gateway.proxies));
    const configMap = new ConfigMapV1(this, "routes", { metadata, data: { [specFile]: spec } });
    const mounts = [
      authoritiesMount(context),
      programKeys(context, program),
      { name: "routes", configMap: name, folder: specFolder },
    ];
    const { variables } = httpGatewayEnvironment<never>(topology, trust, {
      cluster,
      servers: [clientUrl(context)],
      authorities: { file: authorityFile },
      login: { file: keyFile(`user-service-${gateway.service}`) },
      specFile: `${specFolder}/${specFile}`,
      http: { port: ports.callers, adminPort: ports.admin },
      proxies: gateway.proxies,
      drainSeconds,
    });
    programDeployment(this, {
      context,
      name,
      program,
      // Both are read at start: other routes are other pods, and so is another key.
      annotations: {
        "natsform/routes": digest(spec),
        "natsform/key": trust.users[`service-${gateway.service}`] ?? "",
      },
      container: {
        ...programContainer(context, program, {
          ...quantities(programRequests[program]),
          variables,
          volumeMount: volumeMounts(mounts),
        }),
        port: [
          { name: "http", containerPort: ports.callers },
          { name: "admin", containerPort: ports.admin },
        ],
        ...probes("admin"),
      },
      mounts,
      stopSeconds,
      least,
      scale: { most, cpu: { averageValue: "400m" } },
      dependsOn: [configMap],
    });
    // Health and metrics are of each pod: the Service has callers' port alone.
    new ServiceV1(this, "service", {
      metadata: { ...metadata, annotations: serviceAnnotations(context) },
      spec: { selector: labels, port: [{ name: "http", port: 80, targetPort: "http", appProtocol: "http" }] },
    });
    addIngress(this, context, gateway);
  }
}
