import { join } from "node:path";
import { Construct } from "constructs";
import { type FleetService as Fleet, serviceRepository } from "../../model/topology";
import { BACKLOG_GAUGE } from "../../runtime/backlog/contract";
import { resourcesOf } from "../../templates/helm-values";
import { quantities, serviceRequest } from "../../templates/kubernetes-requests";
import { serviceEnvironment } from "../../templates/service-environment";
import { programTag } from "../terraform/image-tag";
import { escapeTemplate } from "../terraform/json";
import { authoritiesMount, authorityFile, clientUrl, keyFile, keysMount } from "./connection";
import { type KubernetesContext, serviceLabels } from "./context";
import { environment, restrictedContainer, volumeMounts } from "./pod";
import { programDeployment } from "./program-deployment";

/** A service of the environment: pods with its key alone, and as many of them as it says. */
export class FleetService extends Construct {
  constructor(scope: Construct, id: string, context: KubernetesContext, service: Fleet) {
    super(scope, id);
    const { topology, trust, cluster, names } = context;
    const key = `user-service-${service.name}`;
    const mounts = [authoritiesMount(context), keysMount(context, [key])];
    const { variables } = serviceEnvironment<never>(topology, trust, service, {
      servers: [clientUrl(context)],
      authorities: { file: authorityFile },
      login: { file: keyFile(key) },
    });
    const { cpu, memory } = quantities(serviceRequest(service));
    programDeployment(this, {
      context,
      name: names.service(service.name),
      program: service.name,
      labels: serviceLabels,
      // The key is read at start: another one comes to pods one after another.
      annotations: { "natsform/key": trust.users[`service-${service.name}`] ?? "" },
      container: {
        name: service.name,
        image: imageOf(context, service),
        ...(service.arguments.length > 0 && { args: service.arguments.map(escapeTemplate) }),
        securityContext: restrictedContainer,
        // CPU above the request is there while nobody else needs it.
        resources: resourcesOf(
          cluster.platform,
          { cpu, memory },
          { cpu: quantities({ cpu: 4 * serviceRequest(service).cpu, memory: 0 }).cpu, memory },
        ),
        env: environment(mapped(variables, escapeTemplate)),
        volumeMount: volumeMounts(mounts),
        ...(service.healthCheck && health(service.healthCheck)),
      },
      mounts,
      stopSeconds: service.stopTimeoutMs / 1000,
      // Nothing asks whether it is ready: one that ends at once has not run for this long.
      minReadySeconds: 10,
      least: service.count,
      scale: service.scale && {
        most: service.scale.most,
        cpu: { averageUtilization: service.scale.cpu },
        backlog: service.scale.backlog && {
          metric: BACKLOG_GAUGE,
          labels: { namespace: context.namespace, nats_service: service.name },
          perPod: service.scale.backlog.perProcess,
        },
      },
    });
  }
}

/** A new pod has a minute to get well. */
function health({ command, every }: NonNullable<Fleet["healthCheck"]>) {
  const probe = { exec: { command: command.map(escapeTemplate) }, timeoutSeconds: 5 };
  const regular = { ...probe, periodSeconds: every / 1000, failureThreshold: 3 };
  return {
    startupProbe: { ...probe, periodSeconds: 5, failureThreshold: 12 },
    livenessProbe: regular,
    readinessProbe: regular,
  };
}

/** That of the code in the project, by the digest of its files, or the one that the environment names. */
function imageOf({ cluster, settings, topology }: KubernetesContext, { name, code }: Fleet): string {
  if (code.kind === "image") return code.image;
  const tag = programTag(settings, join("services", topology.environment, name));
  return `${serviceRepository(cluster.platform)}:${name}-${tag}`;
}

const mapped = (variables: Record<string, string | undefined>, change: (value: string) => string) =>
  Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, value && change(value)]));
