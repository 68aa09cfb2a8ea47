import { emptySecret, filledSecret } from "../../../modules/kubernetes/empty-secret";
import { made } from "../../support/construct";
import { onKubernetes } from "../../support/kubernetes-context";

test("what a Secret holds is in no state of Terraform", async () => {
  const context = await onKubernetes();
  const secrets = made((scope) => {
    emptySecret(scope, "empty", context, "empty");
    filledSecret(scope, "filled", context, "filled", { data: { key: "secret" }, version: ["1"] });
  }).kubernetes_secret_v1;
  expect(secrets).toHaveLength(2);
  for (const secret of secrets ?? []) {
    expect(secret).toMatchObject({ data_wo: expect.anything(), data_wo_revision: expect.anything() });
    expect(secret).not.toHaveProperty("data");
  }
});
