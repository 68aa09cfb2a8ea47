import { createHash } from "node:crypto";
import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1";
import { JobV1 } from "@cdktf/provider-kubernetes/lib/job-v1";
import { Construct } from "constructs";
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
/** What the program ends with when somebody has to change something: it is not tried again. */
const refused = 1;

/**
 * The run that makes the streams of one account as the configuration has them. Its name tells what it was given: other
 * streams are another Job, and what is as it was is not run again.
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
    // Under the Job's own name: a changed one could reach a pod that starts as it was before.
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
                  cpu: "50m",
                  memory: "192Mi",
                  variables,
                  volumeMount: volumeMounts(mounts),
                }),
                // Who may not read logs reads in the pod's status why nothing was applied.
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
    // Part of the Job's name: what is allowed for once is another run, and so is the next one without it.
    allowed: context.settings.streamsMay,
  }).variables;
