import { parse } from "yaml";
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

test("a text stays one for Helm, which reads YAML of before 1.2: `off` there is no text", async () => {
  const texts = { a: "off", b: "yes", c: "1_000", d: "1:30", e: "2026-01-01", f: "y", on: "x" };
  const context = await onKubernetes(({ platform }) => {
    const values = { podTemplate: { merge: { metadata: { annotations: texts } } } };
    platform.chart = { ...platform.chart, values };
  });
  const { helm_release = [] } = made((scope) => new NatsRelease(scope, "r", { context }));
  const [values = ""] = (helm_release[0]?.values ?? []) as string[];
  expect(parse(values, { version: "1.1" }).podTemplate.merge.metadata.annotations).toMatchObject(texts);
});
