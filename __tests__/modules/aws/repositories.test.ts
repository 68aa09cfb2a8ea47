import { Repository } from "../../../modules/aws/repositories";
import { made } from "../../support/construct";

const repository = (deletionProtection: boolean) =>
  made((scope) => new Repository(scope, "r", { name: "streams", kmsKeyArn: "arn:key", deletionProtection }))
    .aws_ecr_repository?.[0];

test("a tag stays with its image, which is scanned and encrypted with the environment's key", () => {
  expect(repository(true)).toMatchObject({
    image_tag_mutability: "IMMUTABLE",
    image_scanning_configuration: { scan_on_push: true },
    encryption_configuration: [{ encryption_type: "KMS", kms_key: "arn:key" }],
  });
});

test("it goes with its images only where nothing is protected", () => {
  expect([true, false].map((protection) => repository(protection)?.force_delete)).toEqual([false, true]);
});
