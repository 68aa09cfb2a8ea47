import { EncryptionKey } from "../../../modules/aws/encryption-key";
import { made, statements } from "../../support/construct";

const [key] =
  made(
    (scope) =>
      new EncryptionKey(scope, "key", {
        alias: "alias/demo",
        environment: "demo",
        partition: "aws",
        region: "eu-west-1",
        accountId: "123456789012",
        logGroupPrefix: "/natsform/demo/",
      }),
  ).aws_kms_key ?? [];

test("the key is rotated, and a deleted one can be kept for as long as AWS lets it", () => {
  expect(key).toMatchObject({ enable_key_rotation: true, deletion_window_in_days: 30 });
});

test("services use it for this account alone, and for logs of this environment alone", () => {
  const services = statements(key?.policy).filter(({ Principal }) => "Service" in Object(Principal));
  expect(services.map(({ Principal, Condition }) => [Principal, Condition])).toEqual([
    [
      { Service: "logs.eu-west-1.amazonaws.com" },
      {
        ArnLike: {
          "kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:eu-west-1:123456789012:log-group:/natsform/demo/*",
        },
      },
    ],
    [
      { Service: ["cloudwatch.amazonaws.com", "events.amazonaws.com"] },
      { StringEquals: { "aws:SourceAccount": "123456789012" } },
    ],
  ]);
});

test("who else uses it is decided by roles of the account", () => {
  const others = statements(key?.policy).filter(({ Principal }) => !("Service" in Object(Principal)));
  expect(others.map(({ Principal }) => Principal)).toEqual([{ AWS: "arn:aws:iam::123456789012:root" }]);
});
