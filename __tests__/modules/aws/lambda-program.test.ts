import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { lambdaZip } from "../../../artifacts/code-zip";
import { zipFile } from "../../../artifacts/zip";
import { LambdaProgram } from "../../../modules/aws/lambda-program";
import { lookupsOf, made, statements } from "../../support/construct";

const root = mkdtempSync(join(tmpdir(), "natsform-lambda-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const zip = lambdaZip(root, "dns-sync");
mkdirSync(dirname(zip), { recursive: true });
writeFileSync(zip, zipFile("index.js", "exports.handler = async () => undefined;"));

const program = made(
  (scope) =>
    new LambdaProgram(scope, "p", {
      program: "dns-sync",
      functionName: "demo-core-dns-sync",
      description: "dns-sync",
      root,
      lookups: lookupsOf(scope),
      logName: "core-dns-sync",
      variables: {},
      statements: [],
      memoryMiB: 256,
      timeoutSeconds: 60,
      reservedConcurrency: 1,
    }),
);
const [code] = program.aws_lambda_function ?? [];
const [queue] = program.aws_sqs_queue ?? [];
const environmentsKey = expect.stringMatching(/^\$\{data\.aws_kms_alias\./);

test("its variables, and the events that it failed on, are encrypted with the environment's key", () => {
  expect(code?.kms_key_arn).toEqual(environmentsKey);
  expect(queue?.kms_master_key_id).toEqual(environmentsKey);
});

test("an event that it failed on is kept for a fortnight", () => {
  expect(code?.dead_letter_config).toEqual({ target_arn: expect.stringMatching(/^\$\{aws_sqs_queue\./) });
  expect(queue?.message_retention_seconds).toBe(14 * 24 * 3600);
});

test("as many run at once as are asked for", () => expect(code?.reserved_concurrent_executions).toBe(1));

test("without statements of its own it writes its log and its queue, and decrypts what belongs to them", () => {
  const [policy] = program.aws_iam_role_policy ?? [];
  expect(statements(policy?.policy).map(({ Action }) => Action)).toEqual([
    ["logs:CreateLogStream", "logs:PutLogEvents"],
    "sqs:SendMessage",
    ["kms:Decrypt", "kms:GenerateDataKey"],
    ["kms:Decrypt"],
  ]);
  for (const { Resource } of statements(policy?.policy)) expect([Resource].flat()).not.toContain("*");
});
