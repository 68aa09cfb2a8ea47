import { decryptVia, pullImages, readSecrets, writeLogs } from "../../../modules/aws/permissions";
import { lookupsOf, made } from "../../support/construct";

/** Statements name resources by references: their text is what counts. */
function statementsOf<T>(build: (lookups: ReturnType<typeof lookupsOf>) => T): T {
  let statements: T | undefined;
  made((scope) => {
    statements = build(lookupsOf(scope));
  });
  return statements as T;
}

test("who reads secrets reads those that are named, and decrypts through their service alone", () => {
  expect(statementsOf((lookups) => readSecrets(lookups, ["arn:a", "arn:b"]))).toEqual([
    { Action: ["secretsmanager:GetSecretValue"], Resource: ["arn:a", "arn:b"] },
    {
      Action: ["kms:Decrypt"],
      Resource: [expect.any(String)],
      Condition: { StringEquals: { "kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com" } },
    },
  ]);
});

test("who reads no secret decrypts nothing", () => {
  const statements = statementsOf((lookups) => readSecrets(lookups, []));
  expect(statements.filter(({ Resource }) => Resource.length > 0)).toEqual([]);
});

test("the key is no key to everything", () => {
  expect(statementsOf((lookups) => decryptVia(lookups, "s3"))).toMatchObject({
    Action: ["kms:Decrypt"],
    Condition: { StringEquals: { "kms:ViaService": "s3.eu-west-1.amazonaws.com" } },
  });
});

test("a program writes its own log, and pulls its own image", () => {
  const log = statementsOf((lookups) => writeLogs(lookups, ["core-0"]));
  expect(log.Resource).toEqual([expect.stringMatching(/core-0:\*$/)]);
  const images = statementsOf((lookups) => pullImages(lookups, ["streams"]));
  const open = images.filter(({ Resource }) => Resource.includes("*"));
  expect(open.map(({ Action }) => Action)).toEqual([["ecr:GetAuthorizationToken"]]);
});
