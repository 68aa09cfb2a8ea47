import { NatsRelease } from "../../../modules/kubernetes/release";
import { made } from "../../support/construct";
import { onKubernetes } from "../../support/kubernetes-context";

test("an apply waits for the servers, starts them after what they read is there, and restarts none for a failure", async () => {
  const context = await onKubernetes();
  const after = [{ fqn: "kubernetes_secret_v1.certificate" }];
  const { helm_release } = made((scope) => new NatsRelease(scope, "r", { context, after }));
  expect(helm_release).toEqual([
    expect.objectContaining({ wait: true, atomic: false, depends_on: ["kubernetes_secret_v1.certificate"] }),
  ]);
});
