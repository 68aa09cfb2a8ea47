import { X509Certificate } from "node:crypto";
import type { SecretsManagerClientConfig } from "@aws-sdk/client-secrets-manager";
import { z } from "zod";
import {
  awsClusterNames,
  type ClusterTopology,
  isOnKubernetes,
  kubernetesNames,
  platformModel,
  type Topology,
} from "../../model/topology";
import { CertificateSecret } from "../../runtime/certificate-manager/contract";
import { awsLimits } from "../../runtime/common/aws-limits";
import { splitPem } from "../../runtime/x509/pem";
import { authorityKey } from "../../templates/helm-values";
import { Kubectl } from "../core/kubectl";
import { UserError } from "../core/project";

/** Access to a platform, where it differs from the defaults of its own tools. */
export interface AuthorityAccess {
  kubectl?: Kubectl;
  aws?: SecretsManagerClientConfig;
}

/**
 * Certificates of the authority that signs a cluster's leaf node certificates, read from where the cluster is deployed:
 * Kubernetes by kubectl, AWS with the caller's credentials.
 *
 * @throws UserError when there is none yet, or the platform keeps it elsewhere
 */
export async function deployedLeafAuthority(
  topology: Topology,
  cluster: ClusterTopology,
  { kubectl, aws }: AuthorityAccess = {},
): Promise<string> {
  const { platform, name } = cluster;
  if (isOnKubernetes(cluster)) {
    const { namespace, context } = cluster.platform;
    const { authorities } = kubernetesNames(topology.environment, name).certificates;
    return fromKubernetes(authorities, namespace, kubectl ?? new Kubectl(process.env, context));
  }
  const region = platformModel(platform).region(platform);
  if (region === undefined)
    throw new UserError(`${name} runs on machines that natsform does not manage`, "--certificates FILE");
  const id = cluster.leafHub ? "leafnodes" : "leaf-remote";
  const secret = awsClusterNames(topology.environment, name).certificateSecret(id);
  return fromSecretsManager(secret, { region, ...aws });
}

const AuthoritiesSecret = z.object({ data: z.record(z.string(), z.string()).default({}) });

async function fromKubernetes(secret: string, namespace: string, kubectl: Kubectl): Promise<string> {
  const args = ["--namespace", namespace, "get", "secret", secret, "--output", "json"];
  const { code, stdout, stderr } = await kubectl.runWith("", ...args);
  if (code !== 0)
    throw new UserError(
      `Secret ${namespace}/${secret}: ${stderr.trim() || `kubectl ended with ${code}`}`,
      "deploy the cluster first, with kubectl on PATH and its context chosen",
    );
  const { data } = AuthoritiesSecret.parse(JSON.parse(stdout));
  // Only its own authority, not the peers' authorities that it trusts.
  const own = data["own-leafnodes.crt"] || data[authorityKey("leafnodes")];
  if (own) return Buffer.from(own, "base64").toString("utf8");
  throw new UserError(`Secret ${namespace}/${secret} holds no authority of leaf nodes yet`, "deploy the cluster first");
}

async function fromSecretsManager(SecretId: string, config: SecretsManagerClientConfig): Promise<string> {
  const { GetSecretValueCommand, SecretsManagerClient } = await import("@aws-sdk/client-secrets-manager");
  const client = new SecretsManagerClient({ ...awsLimits(), ...config });
  const { SecretString = "" } = await client.send(new GetSecretValueCommand({ SecretId })).catch((error: Error) => {
    throw new UserError(`secret ${SecretId} in ${config.region}: ${error.message}`, "deploy the cluster first");
  });
  // The secret also holds a private key: only the certificates of authorities are used.
  const { data } = CertificateSecret.safeParse(parsed(SecretString));
  if (!data?.authorities) throw new UserError(`secret ${SecretId} in ${config.region} names no authority`);
  return data.authorities;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The certificates of a text. Each is an authority that has not ended.
 *
 * @throws UserError for anything else; a message never quotes the text, which may be a misplaced private key
 */
export function authorityPem(text: string, now: Date): string {
  const found = splitPem(text);
  if (found.length === 0) throw new UserError("there is no certificate in it", "use certificates in PEM");
  for (const pem of found) {
    const certificate = readable(pem);
    if (!certificate.ca)
      throw new UserError(
        `${oneLine(certificate.subject)} is not an authority`,
        "use the certificate of the authority that signs",
      );
    if (new Date(certificate.validTo) <= now)
      throw new UserError(`${oneLine(certificate.subject)} ended on ${certificate.validTo}`);
  }
  return found.join("");
}

const oneLine = (subject: string) => subject.replace(/\s+/g, " ");

function readable(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new UserError("a certificate in it cannot be read");
  }
}
