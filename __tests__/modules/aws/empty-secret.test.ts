import { emptySecret } from "../../../modules/aws/empty-secret";
import { made } from "../../support/construct";

const secret = (deletionProtection: boolean) =>
  made((scope) => emptySecret(scope, "s", { name: "s", description: "s", kmsKeyId: "key", deletionProtection }));

test("a secret is encrypted with the environment's key, and Terraform never has its value", () => {
  const { aws_secretsmanager_secret, ...others } = secret(true);
  expect(aws_secretsmanager_secret).toEqual([expect.objectContaining({ kms_key_id: "key" })]);
  expect(others).toEqual({});
});

test("a deleted one can be restored for as long as AWS lets it, where things are protected", () => {
  expect(secret(true).aws_secretsmanager_secret?.[0]).toMatchObject({ recovery_window_in_days: 30 });
  expect(secret(false).aws_secretsmanager_secret?.[0]).toMatchObject({ recovery_window_in_days: 0 });
});
