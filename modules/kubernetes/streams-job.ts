import { createHash } from "node:crypto";
import { ConfigMapV1 } from "@cdktf/provider-kubernetes/lib/config-map-v1";
import { JobV1 } from "@cdktf/provider-kubernetes/lib/job-v1";
import { Construct } from "constructs";
import { loginKey } from "../../model/topology";
import type { StreamsEnv } from "../../runtime/streams/env";
import { toStreamSpecs } from "../../templates/stream-specs";
import { json } from "../terraform/json";
import type { ProgramEnv } from "../terraform/program-env";
import { authoritiesMount, authorityFile, clientUrl, keysMount, loginVariables } from "./connection";
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
      keysMount(context, [loginOf(context, account)]),
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

const loginOf = ({ topology }: KubernetesContext, account: string) => loginKey(topology, `streams-${account}`);

function variablesOf(context: KubernetesContext, account: string): ProgramEnv<typeof StreamsEnv> {
  const syncInterval = context.cluster.jetstream?.syncInterval ?? 1000;
  return {
    NATS_SERVERS: clientUrl(context),
    NATS_CA_FILE: authorityFile,
    ...loginVariables(context, loginOf(context, account)),
    OWNER: context.topology.environment,
    STREAMS_FILE: `${specsFolder}/${specsFile}`,
    STREAMS_SYNC_INTERVAL_SECONDS: String(syncInterval === "always" ? 0 : syncInterval / 1000),
    // Part of the Job's name: what is allowed for once is another run, and so is the next one without it.
    ...context.settings.streamsMay,
    LOG_LEVEL: "info",
  };
}
