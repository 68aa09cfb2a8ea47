import { Namespace } from "../../../modules/kubernetes/namespace";
import { made } from "../../support/construct";
import { onKubernetes } from "../../support/kubernetes-context";

const namespace = async (deletionProtection: boolean) => {
  const context = await onKubernetes((_, input) => {
    input.deletionProtection = deletionProtection;
  });
  return made((scope) => new Namespace(scope, "n", context)).kubernetes_namespace_v1?.[0];
};

test("the namespace takes no pod with rights of root", async () => {
  const labels = (await namespace(true))?.metadata as { labels: Record<string, string> };
  expect(labels.labels).toMatchObject({ "pod-security.kubernetes.io/enforce": "restricted" });
});

test("volumes and secrets do not go with a namespace that is protected", async () => {
  expect((await namespace(true))?.lifecycle).toEqual({ prevent_destroy: true });
  expect((await namespace(false))?.lifecycle).toEqual({ prevent_destroy: false });
});
