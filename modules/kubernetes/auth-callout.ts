import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1";
import { ServiceV1 } from "@cdktf/provider-kubernetes/lib/service-v1";
import { Construct } from "constructs";
import { toAuthRules } from "../../templates/callout-rules";
import { leastResponders, programRequests, quantities } from "../../templates/kubernetes-requests";
import { json } from "../terraform/json";
import { calloutPort, calloutVariables, oidcFile, rulesFolder } from "./auth-callout-environment";
import { authoritiesMount, programKeys } from "./connection";
import { type KubernetesContext, labelsOf } from "./context";
import { digest } from "./digest";
import { volumeMounts } from "./pod";
import { programContainer } from "./program";
import { probes, programDeployment } from "./program-deployment";

const port = calloutPort;
const program = "auth-callout";

/** The responders of a cluster's auth callout: spread over the nodes, and more of them while there is more to do. */
export class AuthCallout extends Construct {
  constructor(scope: Construct, id: string, context: KubernetesContext) {
    super(scope, id);
    const { names, namespace, topology, trust } = context;
    const name = names.callout;
    const labels = labelsOf(context, program);
    const metadata = { name, namespace, labels };

    const rules = json(toAuthRules(topology, trust, context.cluster));
    const { oidcAuthorities } = context.cluster.platform;
    const configMap = new ConfigMapV1(this, "rules", {
      metadata,
      data: { "rules.json": rules, ...(oidcAuthorities && { [oidcFile]: oidcAuthorities }) },
    });
    const mounts = [
      authoritiesMount(context),
      programKeys(context, program),
      { name: "rules", configMap: name, folder: rulesFolder },
    ];
    const least = leastResponders(topology);
    programDeployment(this, {
      context,
      name,
      program,
      // Rules are read at start: other rules are other pods.
      annotations: { "natsform/rules": digest(rules) },
      container: {
        ...programContainer(context, program, {
          ...quantities(programRequests["auth-callout"]),
          variables: calloutVariables(context),
          volumeMount: volumeMounts(mounts),
        }),
        port: [{ name: "http", containerPort: port }],
        ...probes("http"),
      },
      mounts,
      least,
      // Not a share of the request, which is for one that has nothing to do.
      scale: { most: least * 5, cpu: { averageValue: "100m" } },
      dependsOn: [configMap],
    });
    new ServiceV1(this, "service", {
      metadata,
      spec: { selector: labels, port: [{ name: "http", port, targetPort: "http", appProtocol: "http" }] },
    });
  }
}
