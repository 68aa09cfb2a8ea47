import { createHash } from "node:crypto";
import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1";
import { JobV1 } from "@cdktf/provider-kubernetes/lib/job-v1";
import { Construct } from "constructs";
import { programRequests, quantities } from "../../templates/kubernetes-requests";
import { toStreamSpecs } from "../../templates/stream-specs";
import { streamsEnvironment } from "../../templates/streams-environment";
import { json } from "../terraform/json";
import { authoritiesMount, connectionOf, programKeys } from "./connection";
import { type KubernetesContext, labelsOf } from "./context";
import { changedInJobs } from "./foreign-metadata";
import { volumeMounts, volumes } from "./pod";
import { jobPod, programContainer } from "./program";

const program = "streams";
const specsFolder = "/etc/natsform/streams";
const specsFile = "streams.json";
/** Exit code of the program when the configuration must be changed: the run is not repeated. */
const refused = 1;
/** Less than it is waited for: one that nobody waits for any more would apply what is outdated by then. */
const deadlineSeconds = 14 * 60;

/**
 * The run that makes the streams of one account as the configuration has them. Its name depends on its input: other
 * streams are another Job, and an unchanged one does not run again.
 */
export class StreamsJob extends Construct {
  constructor(scope: Construct, id: string, context: KubernetesContext, account: string) {
    super(scope, id);
    const { names, namespace, topology, cluster } = context;
    const specs = json(toStreamSpecs(topology, cluster.name, account));
    const variables = variablesOf(context, account);
    const digest = createHash("sha256").update(json(variables)).update(specs).digest("hex").slice(0, 8);
    const name = `${names.streams(account)}-${digest}`;
    const labels = labelsOf(context, program);
    const metadata = { name, namespace, labels };
    // Under the Job's own name: a changed one could reach a pod of the old Job that starts late.
    const config = new ConfigMapV1(this, "specs", { metadata, data: { [specsFile]: specs }, immutable: true });
    const mounts = [
      authoritiesMount(context),
      programKeys(context, program, account),
      { name: "specs", configMap: name, folder: specsFolder },
    ];
    new JobV1(this, "job", {
      metadata,
      spec: {
        backoffLimit: 3,
        activeDeadlineSeconds: deadlineSeconds,
        podFailurePolicy: {
          rule: [{ action: "FailJob", onExitCodes: { containerName: program, operator: "In", values: [refused] } }],
        },
        template: {
          metadata: { labels },
          spec: {
            ...jobPod,
            volume: volumes(mounts),
            container: [
              {
                ...programContainer(context, program, {
                  ...quantities(programRequests.streams),
                  variables,
                  volumeMount: volumeMounts(mounts),
                }),
                // Shows an error in the pod's status, for operators without access to logs.
                terminationMessagePolicy: "FallbackToLogsOnError",
              },
            ],
          },
        },
      },
      waitForCompletion: true,
      lifecycle: { ignoreChanges: changedInJobs },
      timeouts: { create: "15m", update: "15m" },
      dependsOn: [config],
    });
  }
}

const variablesOf = (context: KubernetesContext, account: string) =>
  streamsEnvironment<never>(context.topology, context.cluster, {
    ...connectionOf(context, `streams-${account}`),
    specs: { file: `${specsFolder}/${specsFile}` },
    // Part of the Job's name: a run with permissions for once is another Job, and so is the next one without them.
    allowed: context.settings.streamsMay,
  }).variables;
