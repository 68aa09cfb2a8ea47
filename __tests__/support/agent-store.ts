import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
} from "@aws-sdk/client-cloudwatch-logs";
import { CreateBucketCommand, PutBucketVersioningCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { printPublished, textDigest } from "../../runtime/certificate-agent/contract";
import { connectAwsJson } from "../../runtime/common/aws-json";
import { FaultProxy } from "./agent-proxy";
import { type OpenMoto, startOpenMoto } from "./moto";

/** What AWS SDK clients need where nobody checks who they are. */
export const awsVariables = {
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: "test",
  AWS_SECRET_ACCESS_KEY: "test",
};

/** S3 and Secrets Manager as the agent sees them: moto, behind a proxy that fails when told to. */
export class AgentStore {
  readonly bucket = "test-config";
  readonly key = "core/core-0/nats.conf";
  readonly logGroup = "/natsform/test/core-0";
  readonly digests = "/natsform/test/core/core-0/config-digests";
  private constructor(
    readonly moto: OpenMoto,
    readonly proxy: FaultProxy,
    readonly s3: S3Client,
    readonly secrets: SecretsManagerClient,
    readonly logs: CloudWatchLogsClient,
  ) {}

  static async start(): Promise<AgentStore> {
    const moto = await startOpenMoto();
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    const options = { endpoint: moto.url, region: "eu-west-1", credentials };
    const store = new AgentStore(
      moto,
      await FaultProxy.start(moto.url),
      new S3Client({ ...options, forcePathStyle: true }),
      new SecretsManagerClient(options),
      new CloudWatchLogsClient(options),
    );
    await store.logs.send(new CreateLogGroupCommand({ logGroupName: store.logGroup }));
    await store.s3.send(
      new CreateBucketCommand({
        Bucket: store.bucket,
        CreateBucketConfiguration: { LocationConstraint: "eu-west-1" },
      }),
    );
    const VersioningConfiguration = { Status: "Enabled" as const };
    await store.s3.send(new PutBucketVersioningCommand({ Bucket: store.bucket, VersioningConfiguration }));
    return store;
  }

  async putSecret(Name: string, SecretString: string): Promise<void> {
    try {
      await this.secrets.send(new CreateSecretCommand({ Name, SecretString }));
    } catch (error) {
      if (!(error instanceof ResourceExistsException)) throw error;
      await this.secrets.send(new PutSecretValueCommand({ SecretId: Name, SecretString }));
    }
  }

  async putConfig(Body: string, restartDigest: string): Promise<void> {
    const Metadata = { "restart-digest": restartDigest };
    await this.s3.send(new PutObjectCommand({ Bucket: this.bucket, Key: this.key, Body, Metadata }));
  }

  /** Says what a deployment says of its configuration. */
  async publish(text: string, restartDigest: string): Promise<void> {
    const ssm = connectAwsJson("ssm", "AmazonSSM", {
      endpoint: this.moto.url,
      // moto loads a service when it is first asked for it: of a busy machine the answer is late.
      timeoutMs: 90_000,
      region: async () => awsVariables.AWS_REGION,
      credentials: async () => ({ accessKeyId: "test", secretAccessKey: "test" }),
    });
    const Value = printPublished({ restartDigest, textDigest: textDigest(text) });
    await ssm("PutParameter", { Name: this.digests, Value, Type: "String", Overwrite: true });
  }

  async putLog(logStreamName: string, logEvents: { message: string; timestamp: number }[]): Promise<void> {
    const stream = { logGroupName: this.logGroup, logStreamName };
    await this.logs.send(new CreateLogStreamCommand(stream));
    if (logEvents.length > 0) await this.logs.send(new PutLogEventsCommand({ ...stream, logEvents }));
  }

  async stop(): Promise<void> {
    await this.proxy.stop();
    await this.moto.stop();
  }
}
