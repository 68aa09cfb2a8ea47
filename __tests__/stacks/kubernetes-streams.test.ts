import { join } from "node:path";
import { App } from "cdktf";
import { z } from "zod";
import { jobAddresses } from "../../cli/deploy/kubernetes/drifted-streams";
import type { EnvironmentInput } from "../../model/config";
import { isOnKubernetes, kubernetesNames } from "../../model/topology";
import { kubernetesContext } from "../../modules/kubernetes/context";
import type { StackContext } from "../../modules/terraform/context";
import { StreamsEnv } from "../../runtime/streams/env";
import { StreamSpec } from "../../runtime/streams/spec";
import { KubernetesStreamsStack } from "../../stacks/kubernetes-streams";
import { type Block, contextOf, one, projectWithCode, readStacks, type Stack } from "../support/stacks";

const root = projectWithCode();
let count = 0;

const contextWith = (change?: (input: EnvironmentInput) => void) => contextOf("kubernetes-production", root, change);

/** The stack of the streams alone. */
function stackOf(context: StackContext): Stack | undefined {
  const app = new App({ outdir: join(root, `out-${count++}`) });
  const [cluster] = context.topology.clusters.filter(isOnKubernetes);
  if (!cluster) throw new Error("the environment has no cluster on Kubernetes");
  new KubernetesStreamsStack(app, kubernetesContext(context, cluster));
  app.synth();
  return Object.values(readStacks(app.outdir))[0];
}

interface Job extends Block {
  metadata: { name: string; labels: Record<string, string> };
  wait_for_completion: boolean;
  depends_on: string[];
  spec: {
    backoff_limit: number;
    pod_failure_policy: { rule: { action: string; on_exit_codes: { operator: string; values: number[] } }[] };
    template: {
      spec: {
        automount_service_account_token: boolean;
        restart_policy: string;
        security_context: Block;
        volume: { name: string; secret?: { secret_name: string; items?: { key: string }[] }; config_map?: Block }[];
        container: { env: { name: string; value: string }[]; security_context: Block; image: string }[];
      };
    };
  };
}
const jobOf = (stack: Stack | undefined) => one<Job>(stack, "kubernetes_job_v1");
const jobWith = async (change?: (input: EnvironmentInput) => void) => jobOf(stackOf(await contextWith(change)));
const jobWithMaxAge = (maxAge: string) =>
  jobWith((input) => {
    for (const stream of input.streams ?? []) stream.maxAge = maxAge;
  });

test("the Job is told what the program asks for, and the streams of the account as the configuration has them", async () => {
  const stack = stackOf(await contextWith());
  const job = jobOf(stack);
  const [container] = job.spec.template.spec.container;
  const variables = Object.fromEntries((container?.env ?? []).map(({ name, value }) => [name, value]));
  expect(StreamsEnv.parse(variables)).toMatchObject({
    NATS_SERVERS: "tls://nats.nats.svc.cluster.local:4222",
    OWNER: "kubernetes-production",
    STREAMS_FILE: "/etc/natsform/streams/streams.json",
    STREAMS_SYNC_INTERVAL_SECONDS: 1,
  });
  const { metadata, data } = one<{ metadata: { name: string }; data: Record<string, string> }>(
    stack,
    "kubernetes_config_map_v1",
  );
  expect(metadata.name).toBe(job.metadata.name);
  expect(z.array(StreamSpec).parse(JSON.parse(data["streams.json"] ?? ""))).toMatchObject([
    { name: "TEST", subjects: ["test.>"], replicas: 3 },
  ]);
  expect(job.wait_for_completion).toBe(true);
  expect(job.depends_on).toEqual([expect.stringMatching(/^kubernetes_config_map_v1\./)]);
});

test("other streams are another Job, the same ones are the same", async () => {
  const [shipped, again, changed] = await Promise.all([jobWithMaxAge("1d"), jobWithMaxAge("1d"), jobWithMaxAge("2d")]);
  expect(shipped.metadata.name).toMatch(/^nats-streams-app-[0-9a-f]{8}$/);
  expect(again.metadata.name).toBe(shipped.metadata.name);
  expect(changed.metadata.name).not.toBe(shipped.metadata.name);
});

test("a deployment finds the Job of each account in the stack, also of accounts that begin alike", async () => {
  const stack = stackOf(
    await contextWith((input) => {
      Object.assign(input.accounts ?? {}, { APP_TWO: {} });
      input.streams?.push({ name: "TWO", cluster: "nats", account: "APP_TWO", subjects: ["two.>"] });
    }),
  );
  const names = kubernetesNames("kubernetes-production", "nats");
  const found = jobAddresses(stack, ["APP", "APP_TWO", "OTHER"], names.streams);
  const jobs = Object.keys((stack as { resource: Record<string, object> }).resource.kubernetes_job_v1 ?? {});
  expect([...found.keys()]).toEqual(["APP", "APP_TWO"]);
  expect([...found.values()].sort()).toEqual(jobs.map((id) => `kubernetes_job_v1.${id}`).sort());
  expect(found.get("APP")).toMatch(/^kubernetes_job_v1\.APP_job_/);
});

test("it sees the key of its own user alone, and is a restricted pod without a token", async () => {
  const pod = (await jobWith()).spec.template.spec;
  const keys = pod.volume.flatMap(({ secret }) => (secret ? (secret.items ?? []).map(({ key }) => key) : []));
  expect(keys.sort()).toEqual(["creds-streams-APP", "internal.crt"]);
  expect(pod.automount_service_account_token).toBe(false);
  expect(pod.security_context).toMatchObject({ run_as_non_root: true, seccomp_profile: { type: "RuntimeDefault" } });
  for (const { security_context } of pod.container)
    expect(security_context).toMatchObject({
      allow_privilege_escalation: false,
      read_only_root_filesystem: true,
      capabilities: { drop: ["ALL"] },
    });
});

test("a refusal is not tried again, everything else is", async () => {
  const { backoff_limit, pod_failure_policy, template } = (await jobWith()).spec;
  expect(backoff_limit).toBeGreaterThan(0);
  // A policy is taken of pods that are never restarted only.
  expect(template.spec.restart_policy).toBe("Never");
  expect(pod_failure_policy.rule).toEqual([
    { action: "FailJob", on_exit_codes: { container_name: "streams", operator: "In", values: [1] } },
  ]);
});

test("what is allowed for once is another Job, and so is the next one", async () => {
  const context = await contextWith();
  const streamsMay = { STREAMS_ALLOW_DATA_LOSS: "TEST" };
  const allowed = jobOf(stackOf({ ...context, settings: { ...context.settings, streamsMay } }));
  expect(allowed.spec.template.spec.container[0]?.env).toContainEqual({
    name: "STREAMS_ALLOW_DATA_LOSS",
    value: "TEST",
  });
  expect(allowed.metadata.name).not.toBe(jobOf(stackOf(context)).metadata.name);
});

test("images are tagged by their contents, unless a tag is named", async () => {
  const image = (job: Job) => job.spec.template.spec.container[0]?.image;
  expect(image(await jobWith())).toMatch(/^natsform\/streams:[0-9a-f]{32}$/);
  const named = await jobWith((input) => {
    const platform = input.clusters.nats?.platform;
    if (platform?.kind === "kubernetes") platform.images = { programs: "registry.example.com/nats", tag: "v7" };
  });
  expect(image(named)).toBe("registry.example.com/nats/streams:v7");
});
