import { createHash } from "node:crypto";
import { DynamodbTable } from "@cdktf/provider-aws/lib/dynamodb-table";
import { LambdaInvocation } from "@cdktf/provider-aws/lib/lambda-invocation";
import type { SecretsmanagerSecret } from "@cdktf/provider-aws/lib/secretsmanager-secret";
import { Construct } from "constructs";
import { awsClusterNames, renewalInterval, renewalRate } from "../../model/topology";
import type { CertificateManagerEnv, EnsureRequest, ManagedCertificate } from "../../runtime/certificate-manager/env";
import type { ProgramEnv } from "../../templates/program-environment";
import { json } from "../terraform/json";
import { managerStatements } from "./certificate-manager-permissions";
import { InvocationRule } from "./invocation-rule";
import { LambdaProgram } from "./lambda-program";
import type { Lookups } from "./lookups";

export interface CertificateManagerProps {
  environment: string;
  cluster: string;
  certificates: readonly ManagedCertificate[];
  /** Containers of everything that it reads and writes. */
  secrets: readonly SecretsmanagerSecret[];
  /** Names of the private authorities' secrets, by issuer. */
  authorities: Record<string, string>;
  /** ARNs of authorities in ACM PCA, by issuer. */
  privateCaArns: Record<string, string>;
  /** Names of the servers that have them. */
  servers: readonly string[];
  acme?: { directory: string; stagingDirectory: string; contact?: string; accountSecret: string };
  deletionProtection: boolean;
  root: string;
  lookups: Lookups;
}

/**
 * Issues the certificates of a cluster and renews them.
 *
 * The apply waits for the first issuance: the servers come after it and never start without certificates.
 */
export class CertificateManager extends Construct {
  readonly program: LambdaProgram;

  constructor(scope: Construct, id: string, props: CertificateManagerProps) {
    super(scope, id);
    const { lookups, acme, certificates } = props;
    const names = awsClusterNames(props.environment, props.cluster);
    const table = new DynamodbTable(this, "state", {
      name: names.certificatesTable,
      billingMode: "PAY_PER_REQUEST",
      hashKey: "id",
      attribute: [{ name: "id", type: "S" }],
      serverSideEncryption: { enabled: true, kmsKeyArn: lookups.kmsKeyArn },
      pointInTimeRecovery: { enabled: true },
      deletionProtectionEnabled: props.deletionProtection,
    });
    const list = JSON.stringify(certificates);
    const variables: ProgramEnv<typeof CertificateManagerEnv> = {
      CERTIFICATES: list,
      STATE_TABLE: table.name,
      AUTHORITIES: JSON.stringify(props.authorities),
      PRIVATE_CA_ARNS: JSON.stringify(props.privateCaArns),
      SERVER_LOGS: JSON.stringify(
        Object.fromEntries(props.servers.map((server) => [server, lookups.names.logGroup(server)])),
      ),
      ACME_DIRECTORY_URL: acme?.directory,
      ACME_STAGING_DIRECTORY_URL: acme?.stagingDirectory,
      ACME_CONTACT: acme?.contact,
      ACME_ACCOUNT_SECRET: acme?.accountSecret,
      HOSTED_ZONE_ID: acme && lookups.zoneId,
      LOG_LEVEL: "info",
    };
    this.program = new LambdaProgram(this, "program", {
      program: "certificate-manager",
      functionName: names.program("certificate-manager"),
      description: `Issues and renews the certificates of ${names.prefix}`,
      root: props.root,
      lookups,
      logName: `${props.cluster}-certificate-manager`,
      variables,
      statements: managerStatements({ ...props, tableArn: table.arn }),
      memoryMiB: 512,
      // Lambda's most: authorities and DNS take their time.
      timeoutSeconds: 900,
    });
    new InvocationRule(this, "schedule", {
      name: `${names.program("certificate-manager")}-schedule`,
      description: `Certificates of ${names.prefix} are looked at, and renewed when it is time`,
      schedule: renewalRate(renewalInterval(props.certificates)),
      program: this.program,
    });
    const request: EnsureRequest = { action: "ensure" };
    new LambdaInvocation(this, "first-issuance", {
      functionName: this.program.function.functionName,
      input: json(request),
      // Another list of certificates is another first issuance.
      triggers: { certificates: createHash("sha256").update(list).digest("hex") },
    });
  }
}
