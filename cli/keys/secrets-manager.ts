import type { SecretsManagerClient, SecretsManagerClientConfig } from "@aws-sdk/client-secrets-manager";
import { awsLimits } from "../../runtime/common/aws-limits";
import { UserError } from "../core/project";
import { checkKeyName, isKeyName } from "./key-name";
import type { KeyStore } from "./key-store";

type Sdk = typeof import("@aws-sdk/client-secrets-manager");

/**
 * Secrets Manager, one secret for each key, named `PREFIX/NAME`. Credentials and endpoint are the caller's, as AWS's
 * own tools find them.
 */
export class SecretsManagerStore implements KeyStore {
  readonly description: string;
  #connection: Promise<{ sdk: Sdk; client: SecretsManagerClient }> | undefined;

  /**
   * @param containers `existing`: write only into secrets that Terraform has created, and create none
   * @param config of the client, where it differs from the defaults of AWS's tools
   */
  constructor(
    private readonly region: string,
    private readonly prefix: string,
    private readonly containers: "made" | "existing" = "made",
    private readonly config: SecretsManagerClientConfig = {},
  ) {
    this.description = `Secrets Manager ${region}, ${prefix}/`;
  }

  /** Loaded at its first use: most commands never call AWS. */
  private connect(): Promise<{ sdk: Sdk; client: SecretsManagerClient }> {
    this.#connection ??= import("@aws-sdk/client-secrets-manager").then((sdk) => ({
      sdk,
      client: new sdk.SecretsManagerClient({ ...awsLimits(), region: this.region, ...this.config }),
    }));
    return this.#connection;
  }

  private id(name: string): string {
    checkKeyName(name);
    return `${this.prefix}/${name}`;
  }

  async read(name: string): Promise<string | undefined> {
    const { sdk, client } = await this.connect();
    try {
      return (await client.send(new sdk.GetSecretValueCommand({ SecretId: this.id(name) }))).SecretString;
    } catch (error) {
      // A secret without a value answers so too.
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async write(name: string, value: string): Promise<void> {
    const { sdk, client } = await this.connect();
    const SecretId = this.id(name);
    try {
      await client.send(new sdk.PutSecretValueCommand({ SecretId, SecretString: value }));
    } catch (error) {
      if (!isMissing(error)) throw error;
      if (this.containers === "existing") {
        const environment = this.prefix.split("/")[0];
        throw new UserError(
          `there is no secret ${SecretId} in ${this.region}`,
          `deploy ${environment}-${this.region}-foundation first: it creates the secrets`,
        );
      }
      await client.send(new sdk.CreateSecretCommand({ Name: SecretId, SecretString: value }));
    }
  }

  async remove(name: string): Promise<void> {
    const { sdk, client } = await this.connect();
    try {
      // At once: a rotation makes a key of the same name again.
      await client.send(new sdk.DeleteSecretCommand({ SecretId: this.id(name), ForceDeleteWithoutRecovery: true }));
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  /** Names of the keys that have a value. */
  async list(): Promise<string[]> {
    const { sdk, client } = await this.connect();
    const start = `${this.prefix}/`;
    const names: string[] = [];
    const filters = [{ Key: "name" as const, Values: [start] }];
    for await (const { SecretList = [] } of sdk.paginateListSecrets({ client }, { Filters: filters })) {
      for (const { Name = "", SecretVersionsToStages = {} } of SecretList) {
        const filled = Object.values(SecretVersionsToStages).some((stages) => stages.includes("AWSCURRENT"));
        const name = Name.slice(start.length);
        if (filled && Name.startsWith(start) && isKeyName(name)) names.push(name);
      }
    }
    return names.sort();
  }
}

const isMissing = (error: unknown) => error instanceof Error && error.name === "ResourceNotFoundException";
