import { createHash } from "node:crypto";
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  ResourceNotFoundException,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { type Secrets, type StoredValue, Superseded } from "../ports";

/**
 * Secrets Manager, with writes that compare and swap. The writer chooses a version's id, and an id is never given to
 * two values. Each id follows from the version that was read: of two writers on top of one version only the first
 * succeeds.
 */
export function awsSecrets(client: SecretsManagerClient): Secrets {
  const read = async (name: string): Promise<StoredValue | undefined> => {
    try {
      const { SecretString = "", VersionId = "" } = await client.send(
        new GetSecretValueCommand({ SecretId: name, VersionStage: "AWSCURRENT" }),
      );
      return { value: SecretString, version: VersionId };
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return undefined;
      throw error;
    }
  };
  return {
    read,
    async write(name, value, onTopOf) {
      for (let branch = 0; ; branch++) {
        try {
          const ClientRequestToken = versionAfter(onTopOf, branch);
          await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: value, ClientRequestToken }));
          return;
        } catch (error) {
          if (!(error instanceof ResourceExistsException)) throw error;
          // An older version was made current again by hand: its former successor exists already.
          if (branch === 20 || (await read(name))?.version !== onTopOf)
            throw new Superseded(`somebody else has written ${name}`);
        }
      }
    },
  };
}

const versionAfter = (version: string | undefined, branch: number) =>
  createHash("sha256")
    .update(`${version ?? "none"} ${branch}`)
    .digest("hex");
