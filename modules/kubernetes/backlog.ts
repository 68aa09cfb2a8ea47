import { ServiceV1 } from "@cdktf/provider-kubernetes/lib/service-v1";
import { Construct } from "constructs";
import { backlogPort, backlogService } from "../../model/topology";
import { backlogEnvironment } from "../../templates/backlog-environment";
import { programRequests, quantities } from "../../templates/kubernetes-requests";
import { escapeTemplate } from "../terraform/json";
import { authoritiesMount, authorityFile, clientUrl, keyFile, programKeys } from "./connection";
import { type KubernetesContext, labelsOf } from "./context";
import { volumeMounts } from "./pod";
import { programContainer } from "./program";
import { probes, programDeployment } from "./program-deployment";

const program = "backlog";

/**
 * What counts the messages that wait for services of one account, for Prometheus. While it is away there is no metric, and
 * autoscalers take no pod away.
 */
export class Backlog extends Construct {
  constructor(scope: Construct, id: string, context: KubernetesContext, account: string) {
    super(scope, id);
    const { names, namespace, topology, trust, cluster } = context;
    const name = names.backlog(account);
    const own = backlogService(cluster.name, account);
    const mounts = [authoritiesMount(context), programKeys(context, program, account)];
    const { variables } = backlogEnvironment<never>(topology, trust, {
      cluster,
      account,
      servers: [clientUrl(context)],
      authorities: { file: authorityFile },
      login: { file: keyFile(`user-service-${own}`) },
      http: { port: backlogPort },
    });
    programDeployment(this, {
      context,
      name,
      program,
      // The key is read at start: another one is another pod.
      annotations: { "natsform/key": trust.users[`service-${own}`] ?? "" },
      container: {
        ...programContainer(context, program, {
          ...quantities(programRequests[program]),
          variables: { ...variables, BACKLOGS: escapeTemplate(variables.BACKLOGS) },
          volumeMount: volumeMounts(mounts),
        }),
        port: [{ name: "http", containerPort: backlogPort }],
        ...probes("http"),
      },
      // Those of several accounts have Deployments of their own.
      labels: { "natsform/account": account },
      mounts,
      least: 1,
    });
    const labels = { ...labelsOf(context, program), "natsform/account": account };
    new ServiceV1(this, "service", {
      metadata: { name, namespace, labels },
      spec: {
        selector: labels,
        // Metrics of a pod that is not ready say what it does know.
        publishNotReadyAddresses: true,
        port: [{ name: "http", port: backlogPort, targetPort: "http", appProtocol: "http" }],
      },
    });
  }
}
