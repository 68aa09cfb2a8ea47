import { StreamsJob } from "../../../modules/kubernetes/streams-job";
import { made } from "../../support/construct";
import { onKubernetes } from "../../support/kubernetes-context";
import type { Block } from "../../support/stacks";

let job: Record<string, Block[]>;
beforeAll(async () => {
  const context = await onKubernetes();
  job = made((scope) => new StreamsJob(scope, "s", context, "APP"));
});

test("a pod that starts late finds the streams of its own Job", () => {
  const [config, made] = [job.kubernetes_config_map_v1, job.kubernetes_job_v1].map((blocks) => blocks?.[0]);
  expect(config).toMatchObject({ immutable: true, metadata: { name: expect.stringMatching(/-[0-9a-f]{8}$/) } });
  expect(config?.metadata).toEqual(made?.metadata);
});

test("a configuration that is refused is not tried again", () => {
  const rule = [{ action: "FailJob", on_exit_codes: { container_name: "streams", operator: "In", values: [1] } }];
  expect(job.kubernetes_job_v1?.[0]?.spec).toMatchObject({ pod_failure_policy: { rule } });
});
