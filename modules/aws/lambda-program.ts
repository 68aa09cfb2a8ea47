import { LambdaFunction } from "@cdktf/provider-aws/lib/lambda-function";
import { SqsQueue } from "@cdktf/provider-aws/lib/sqs-queue";
import { Token } from "cdktf";
import { Construct } from "constructs";
import { codeHash, lambdaHandler, lambdaZip } from "../../artifacts/code-zip";
import { definedVariables } from "../../templates/program-environment";
import { escapeTemplate } from "../terraform/json";
import type { Lookups } from "./lookups";
import { decryptVia, writeLogs } from "./permissions";
import { role, type Statement } from "./policy";

export interface LambdaProgramProps {
  /** Folder in `runtime/`. */
  program: string;
  functionName: string;
  description: string;
  /** Folder of the project, in which the code's zip lies. */
  root: string;
  lookups: Lookups;
  /** Last part of its log group's name. */
  logName: string;
  /** Its environment; the program's `env.ts` states what it must hold. */
  variables: Record<string, string | undefined>;
  statements: readonly Statement[];
  memoryMiB: number;
  timeoutSeconds: number;
  /** Invocations at the same time; without it, as many as the account has. */
  reservedConcurrency?: number;
}

/** A program that runs as a Lambda function, with a queue for events that it failed to process. */
export class LambdaProgram extends Construct {
  readonly function: LambdaFunction;
  readonly deadLetters: SqsQueue;

  constructor(scope: Construct, id: string, props: LambdaProgramProps) {
    super(scope, id);
    const { functionName, lookups, logName, root, program } = props;
    const { kmsKeyArn, names, accountId } = lookups;
    const fourteenDays = 14 * 24 * 3600;
    this.deadLetters = new SqsQueue(this, "dead-letters", {
      name: `${functionName}-dead-letters`,
      kmsMasterKeyId: kmsKeyArn,
      messageRetentionSeconds: fourteenDays,
    });
    const { arn: roleArn, permissions } = role(this, "role", {
      name: functionName,
      description: props.description,
      service: "lambda.amazonaws.com",
      accountId,
      statements: [
        ...props.statements,
        writeLogs(lookups, [logName]),
        { Action: "sqs:SendMessage", Resource: this.deadLetters.arn },
        // Messages into the queue, and the function's own variables, are encrypted with the environment's key.
        { ...decryptVia(lookups, "sqs"), Action: ["kms:Decrypt", "kms:GenerateDataKey"] },
        decryptVia(lookups, "lambda"),
      ],
    });
    const zip = lambdaZip(root, program);
    const variables = Object.entries(definedVariables(props.variables)).map(([name, value]) => [name, plain(value)]);
    this.function = new LambdaFunction(this, "function", {
      functionName,
      description: props.description,
      role: roleArn,
      // The newest that release 5 of the provider takes: it refuses nodejs24.x.
      runtime: "nodejs22.x",
      architectures: ["x86_64"],
      handler: lambdaHandler,
      filename: zip,
      sourceCodeHash: codeHash(zip),
      memorySize: props.memoryMiB,
      timeout: props.timeoutSeconds,
      reservedConcurrentExecutions: props.reservedConcurrency,
      environment: { variables: Object.fromEntries(variables) },
      kmsKeyArn,
      loggingConfig: { logFormat: "Text", logGroup: names.logGroup(logName) },
      deadLetterConfig: { targetArn: this.deadLetters.arn },
      dependsOn: [permissions],
    });
  }
}

const plain = (value: string) => (Token.isUnresolved(value) ? value : escapeTemplate(value));
