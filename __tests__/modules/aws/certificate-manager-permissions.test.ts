import type { SecretsmanagerSecret } from "@cdktf/provider-aws/lib/secretsmanager-secret";
import { managerStatements } from "../../../modules/aws/certificate-manager-permissions";
import type { Statement } from "../../../modules/aws/policy";
import type { ManagedCertificate } from "../../../runtime/certificate-manager/env";
import { lookupsOf, made } from "../../support/construct";

let statements: Statement[] = [];
made((scope) => {
  statements = managerStatements({
    lookups: lookupsOf(scope),
    tableArn: "arn:table",
    secrets: [{ arn: "arn:secret" } as SecretsmanagerSecret],
    certificates: [{ id: "public", issuer: "acme", names: ["nats.example.com"] } as unknown as ManagedCertificate],
    privateCaArns: {},
    servers: ["core-0", "core-1"],
  });
});
const statement = (action: string) => statements.filter(({ Action }) => [Action].flat().includes(action));

test("it writes the challenges of its certificates into the zone, and no other record", () => {
  expect(statement("route53:ChangeResourceRecordSets").map(({ Condition }) => Condition)).toEqual([
    {
      "ForAllValues:StringEquals": {
        "route53:ChangeResourceRecordSetsNormalizedRecordNames": ["_acme-challenge.nats.example.com"],
        "route53:ChangeResourceRecordSetsRecordTypes": ["TXT"],
        "route53:ChangeResourceRecordSetsActions": ["UPSERT", "DELETE"],
      },
    },
  ]);
});

test("it reads and writes the secrets that are named", () => {
  expect(statement("secretsmanager:GetSecretValue").map(({ Resource }) => Resource)).toEqual([["arn:secret"]]);
});

test("of logs it reads those of its servers", () => {
  const [{ Resource } = { Resource: [] }, ...others] = statement("logs:FilterLogEvents");
  expect(others).toEqual([]);
  expect([Resource].flat().map((arn) => arn.replace(/^.*:log-group:/, ""))).toEqual([
    "/natsform/demo/core-0:*",
    "/natsform/demo/core-1:*",
  ]);
});
