import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { CreateTableCommand, DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import {
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
} from "@aws-sdk/client-route-53";
import {
  CreateSecretCommand,
  GetSecretValueCommand,
  ListSecretVersionIdsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { pino } from "pino";
import {
  CertificateSecret,
  type EnsureRequest,
  type EnsureResponse,
  type ManagedCertificate,
} from "../../runtime/certificate-manager/contract";
import { ensure } from "../../runtime/certificate-manager/ensure";
import type { Ports } from "../../runtime/certificate-manager/ports";
import { loadSettings, type Settings } from "../../runtime/certificate-manager/settings";
import { connect } from "../../runtime/certificate-manager/wiring";
import { pairDigest, type Runs, runsMessage } from "../../runtime/common/server-report";
import { type SerialProxy, startSerialProxy } from "./certificate-proxy";
import { type OpenMoto, startOpenMoto } from "./moto";

export interface InvokeProps {
  request?: EnsureRequest;
  /** How far the clock of this invocation is ahead. */
  aheadMs?: number;
  /** The invocation's time. */
  remainingMs?: number;
  /** Changes to what it is connected to. */
  ports?: (ports: Ports) => Partial<Ports>;
  environment?: Record<string, string>;
}

/** An emulated AWS with what Terraform makes for the certificate-manager, and the program in this process. */
export class CertificateWorld {
  readonly folder = mkdtempSync(join(tmpdir(), "natsform-certificates-"));
  /** Everything that was logged, metrics included. */
  readonly logged: string[] = [];
  /** Bodies of all private keys that were ever seen in a secret. */
  readonly privateKeys = new Set<string>();
  moto?: OpenMoto;
  proxy?: SerialProxy;
  zoneId = "";
  #deployments = 0;
  #streams = 0;

  async start(): Promise<void> {
    this.moto = await startOpenMoto();
    this.proxy = await startSerialProxy(this.moto.url);
    const { HostedZone } = await this.route53.send(
      new CreateHostedZoneCommand({ Name: "dev.example.com", CallerReference: "test" }),
    );
    this.zoneId = HostedZone?.Id?.replace("/hostedzone/", "") ?? "";
  }

  async stop(): Promise<void> {
    await this.proxy?.stop();
    await this.moto?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Where clients of AWS connect, as a deployed function is told by its environment. */
  get aws() {
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    return { endpoint: this.proxy?.url ?? "", region: "eu-west-1", credentials };
  }
  get route53() {
    return new Route53Client(this.aws);
  }
  get secrets() {
    return new SecretsManagerClient(this.aws);
  }

  get logs() {
    return new CloudWatchLogsClient(this.aws);
  }

  /** A table and empty secrets of their own. @returns the environment of the function */
  async deploy(
    certificates: Omit<ManagedCertificate, "secret">[],
    more: Record<string, string> = {},
  ): Promise<Record<string, string>> {
    const prefix = `test-${++this.#deployments}`;
    await new DynamoDBClient(this.aws).send(
      new CreateTableCommand({
        TableName: prefix,
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
        BillingMode: "PAY_PER_REQUEST",
      }),
    );
    const managed = certificates.map((certificate) => ({ ...certificate, secret: `${prefix}-${certificate.id}` }));
    const issuers = [...new Set(managed.map(({ issuer }) => issuer).filter((issuer) => issuer !== "acme"))];
    const authorities = Object.fromEntries(issuers.map((issuer) => [issuer, `${prefix}-authority-${issuer}`]));
    const account = `${prefix}-acme-account`;
    for (const Name of [...managed.map(({ secret }) => secret), ...Object.values(authorities), account])
      await this.secrets.send(new CreateSecretCommand({ Name }));
    await this.logs.send(new CreateLogGroupCommand({ logGroupName: `/${prefix}/core-0` }));
    return {
      CERTIFICATES: JSON.stringify(managed),
      AUTHORITIES: JSON.stringify(authorities),
      STATE_TABLE: prefix,
      SERVER_LOGS: JSON.stringify({ "core-0": `/${prefix}/core-0` }),
      ACME_ACCOUNT_SECRET: account,
      ACME_CONTACT: "ops@example.com",
      HOSTED_ZONE_ID: this.zoneId,
      AWS_ENDPOINT_URL: this.aws.endpoint,
      AWS_REGION: this.aws.region,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      ...more,
    };
  }

  /** Runs the program once, as the handler does. */
  async invoke(environment: Record<string, string>, props: InvokeProps = {}): Promise<EnsureResponse> {
    const { request = {}, aheadMs = 0, remainingMs = 100_000 } = props;
    const settings = loadSettings({ ...environment, ...props.environment });
    const connected = this.#connect(environment, settings, aheadMs);
    const ports = { ...connected, ...props.ports?.(connected) };
    const started = Date.now();
    return ensure({
      settings,
      ports,
      signal: AbortSignal.timeout(remainingMs * 0.8),
      endsAt: () => new Date(ports.now().getTime() + remainingMs - (Date.now() - started)),
      renew: request.renew ?? [],
      roll: request.roll ?? [],
    });
  }

  #connect(environment: Record<string, string>, settings: Settings, aheadMs = 0): Ports {
    Object.assign(process.env, Object.fromEntries(Object.entries(environment).filter(([name]) => /^AWS_/.test(name))));
    const write = (line: string) => void this.logged.push(line);
    return connect(settings, pino({ level: "trace" }, { write }), write, () => Date.now() + aheadMs);
  }

  /** What the program is connected to. */
  ports<T>(environment: Record<string, string>, use: (ports: Ports) => T): T {
    return use(this.#connect(environment, loadSettings(environment)));
  }

  /** Lets the lease pass to somebody else, who ends it at once. */
  async endLease(environment: Record<string, string>): Promise<void> {
    await new DynamoDBClient(this.aws).send(
      new UpdateItemCommand({
        TableName: environment.STATE_TABLE,
        Key: { id: { S: "lease" } },
        UpdateExpression: "SET #holder = :other, #endsAt = :zero ADD #token :one",
        ExpressionAttributeNames: { "#holder": "holder", "#token": "token", "#endsAt": "endsAt" },
        ExpressionAttributeValues: { ":other": { S: "somebody else" }, ":one": { N: "1" }, ":zero": { N: "0" } },
      }),
    );
  }

  async makeCurrent(SecretId: string, version: string, instead: string): Promise<void> {
    await this.secrets.send(
      new UpdateSecretVersionStageCommand({
        SecretId,
        VersionStage: "AWSCURRENT",
        MoveToVersionId: version,
        RemoveFromVersionId: instead,
      }),
    );
  }

  /** What is stored of a certificate; undefined when nothing is. */
  async stored(environment: Record<string, string>, id: string): Promise<CertificateSecret | undefined> {
    const secret = this.secretOf(environment, id);
    const value = await this.secrets.send(new GetSecretValueCommand({ SecretId: secret })).catch(() => undefined);
    if (value?.SecretString === undefined) return undefined;
    const stored = CertificateSecret.parse(JSON.parse(value.SecretString));
    this.privateKeys.add(stored.privateKey.split("\n")[1] ?? "");
    return stored;
  }

  /** What an agent says whose server has loaded what is stored. */
  async runs(environment: Record<string, string>, ids: readonly string[]): Promise<Runs> {
    const stored = await Promise.all(ids.map(async (id) => [id, await this.stored(environment, id)] as const));
    const loaded = Object.fromEntries(stored.flatMap(([id, secret]) => (secret ? [[id, pairDigest(secret)]] : [])));
    return { digest: "sha256:1", loadedAt: new Date().toISOString(), loaded };
  }

  /** The agent of the server writes that into its log. @param aheadMs not far: later lines are refused */
  async load(environment: Record<string, string>, ids: readonly string[], aheadMs: number): Promise<void> {
    const runs = await this.runs(environment, ids);
    const [logGroupName = ""] = Object.values(JSON.parse(environment.SERVER_LOGS ?? "{}") as Record<string, string>);
    const stream = { logGroupName, logStreamName: `agent/agent/${++this.#streams}` };
    await this.logs.send(new CreateLogStreamCommand(stream));
    const message = JSON.stringify({ level: 30, runs, msg: runsMessage });
    await this.logs.send(
      new PutLogEventsCommand({ ...stream, logEvents: [{ timestamp: Date.now() + aheadMs, message }] }),
    );
  }

  async versions(environment: Record<string, string>, id: string): Promise<number> {
    const SecretId = this.secretOf(environment, id);
    const { Versions = [] } = await this.secrets.send(
      new ListSecretVersionIdsCommand({ SecretId, IncludeDeprecated: true }),
    );
    return Versions.length;
  }

  async put(name: string, value: string): Promise<void> {
    await this.secrets.send(new PutSecretValueCommand({ SecretId: name, SecretString: value }));
  }

  secretOf(environment: Record<string, string>, id: string): string {
    const certificates: ManagedCertificate[] = JSON.parse(environment.CERTIFICATES ?? "[]");
    const secret = certificates.find((certificate) => certificate.id === id)?.secret;
    if (!secret) throw new Error(`no certificate ${id}`);
    return secret;
  }

  /** TXT values in the zone, by name. */
  async txt(): Promise<Record<string, string[]>> {
    const { ResourceRecordSets = [] } = await this.route53.send(
      new ListResourceRecordSetsCommand({ HostedZoneId: this.zoneId }),
    );
    const sets = ResourceRecordSets.filter(({ Type }) => Type === "TXT");
    return Object.fromEntries(
      sets.map(({ Name = "", ResourceRecords = [] }) => [
        Name.replace(/\.$/, ""),
        ResourceRecords.map(({ Value = "" }) => Value),
      ]),
    );
  }

  async putTxt(name: string, value: string): Promise<void> {
    const ResourceRecordSet = {
      Name: name,
      Type: "TXT" as const,
      TTL: 60,
      ResourceRecords: [{ Value: `"${value}"` }],
    };
    await this.route53.send(
      new ChangeResourceRecordSetsCommand({
        HostedZoneId: this.zoneId,
        ChangeBatch: { Changes: [{ Action: "UPSERT", ResourceRecordSet }] },
      }),
    );
  }
}
