import { createHash } from "node:crypto";
import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1";
import { CronJobV1 } from "@cdktf/provider-kubernetes/lib/cron-job-v1";
import { JobV1 } from "@cdktf/provider-kubernetes/lib/job-v1";
import { Construct } from "constructs";
import { renewalCron, renewalInterval } from "../../model/topology";
import { programRequests, quantities } from "../../templates/kubernetes-requests";
import { json } from "../terraform/json";
import { authoritiesMount, programKeys } from "./connection";
import { type KubernetesContext, labelsOf } from "./context";
import { changedInJobs } from "./foreign-metadata";
import { type MountedFiles, volumeMounts, volumes } from "./pod";
import { jobPod, programContainer } from "./program";
import { issueVariables, type RenewalVariables, reloadVariables } from "./renewal-environment";
import { renewedCertificates } from "./vault-roles";

const program = "certificate-renewal";
/** Less than it is waited for: what goes wrong is the Job's to say, and nothing is written after it. */
const firstDeadlineSeconds = 9 * 60;

/**
 * Keeps the certificates valid: a first run before the servers, and then one every six hours, or more often where
 * certificates live for a shorter time than three days.
 */
export class CertificateRenewal extends Construct {
  /** Done when every certificate is there. */
  readonly first: JobV1;

  constructor(scope: Construct, id: string, context: KubernetesContext) {
    super(scope, id);
    const { names, namespace } = context;
    const metadata = { name: names.renewal, namespace, labels: labelsOf(context, program) };
    const issue = issueVariables(context);
    const { authorities } = context.config.tls.vault;
    const trusted = authorities
      ? [new ConfigMapV1(this, "vault-authorities", { metadata, data: { [authoritiesFile]: authorities } })]
      : [];
    const desired = createHash("sha256").update(json(issue)).digest("hex").slice(0, 8);
    this.first = new JobV1(this, "first", {
      // Other names or authorities are another job: their certificates must exist before servers read them.
      metadata: { ...metadata, name: `${names.renewal}-${desired}` },
      spec: {
        backoffLimit: 5,
        activeDeadlineSeconds: firstDeadlineSeconds,
        template: podTemplate(context, issue, []),
      },
      waitForCompletion: true,
      lifecycle: { ignoreChanges: changedInJobs },
      timeouts: { create: "10m", update: "10m" },
      dependsOn: trusted,
    });
    const mounts = [authoritiesMount(context), programKeys(context, "certificate-renewal")];
    new CronJobV1(this, "schedule", {
      metadata,
      spec: {
        schedule: renewalCron(renewalInterval(renewedCertificates(context))),
        concurrencyPolicy: "Forbid",
        startingDeadlineSeconds: 3600,
        successfulJobsHistoryLimit: 3,
        failedJobsHistoryLimit: 3,
        jobTemplate: {
          metadata: { labels: labelsOf(context, program) },
          spec: {
            backoffLimit: 2,
            activeDeadlineSeconds: 1800,
            template: podTemplate(context, { ...issue, ...reloadVariables(context) }, mounts),
          },
        },
      },
    });
  }
}

const vaultFolder = "/etc/natsform/vault";
const authoritiesFile = "ca.crt";

function podTemplate(context: KubernetesContext, variables: RenewalVariables, programMounts: readonly MountedFiles[]) {
  const { authorities } = context.config.tls.vault;
  const mounts = [
    ...programMounts,
    ...(authorities ? [{ name: "vault", configMap: context.names.renewal, folder: vaultFolder }] : []),
  ];
  return {
    metadata: { labels: labelsOf(context, program) },
    spec: {
      ...jobPod,
      serviceAccountName: context.names.renewal,
      // It logs in to Vault and writes Secrets with it.
      automountServiceAccountToken: true,
      volume: volumes(mounts),
      container: [
        {
          ...programContainer(context, program, {
            ...quantities(programRequests["certificate-renewal"]),
            variables: { ...variables, NODE_EXTRA_CA_CERTS: authorities && `${vaultFolder}/${authoritiesFile}` },
            volumeMount: volumeMounts(mounts),
          }),
          terminationMessagePolicy: "FallbackToLogsOnError",
        },
      ],
    },
  };
}
