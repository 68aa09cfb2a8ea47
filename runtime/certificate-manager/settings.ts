import { givenVariables } from "../common/environment";
import { wrongEnvironment } from "../common/environment-error";
import { CertificateManagerEnv, type ManagedCertificate } from "./env";

/** Everything that the environment holds, checked. */
export interface Settings {
  certificates: ManagedCertificate[];
  stateTable: string;
  /** Secrets of authorities by issuer. */
  authorities: Record<string, string>;
  /** ARNs in ACM PCA by issuer. */
  privateCaArns: Record<string, string>;
  /** Log groups by server. */
  serverLogs: Record<string, string>;
  /** Absent when no certificate is public. */
  acme?: { directoryUrl: string; stagingUrl?: string; contact?: string; accountSecret: string; hostedZoneId: string };
  logLevel: CertificateManagerEnv["LOG_LEVEL"];
}

/** @throws EnvironmentError with all problems at once */
export function loadSettings(environment: NodeJS.ProcessEnv): Settings {
  const { data: env, error } = CertificateManagerEnv.safeParse(givenVariables(environment));
  if (!env)
    throw wrongEnvironment(
      "the certificate-manager",
      error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`),
    );

  const problems: string[] = [];
  const { CERTIFICATES: certificates, AUTHORITIES, PRIVATE_CA_ARNS } = env;
  for (const key of ["id", "secret"] as const)
    for (const value of duplicates(certificates.map((certificate) => certificate[key])))
      problems.push(`CERTIFICATES: ${key} ${value} stands there twice`);
  for (const { id, issuer } of certificates)
    if (issuer !== "acme" && !AUTHORITIES[issuer] && !PRIVATE_CA_ARNS[issuer])
      problems.push(`AUTHORITIES must name the secret of ${issuer}, which signs ${id}`);
  const acme = certificates.some(({ issuer }) => issuer === "acme") ? acmeSettings(env, problems) : undefined;
  if (problems.length > 0) throw wrongEnvironment("the certificate-manager", problems);
  return {
    certificates,
    stateTable: env.STATE_TABLE,
    authorities: AUTHORITIES,
    privateCaArns: PRIVATE_CA_ARNS,
    serverLogs: env.SERVER_LOGS,
    acme,
    logLevel: env.LOG_LEVEL,
  };
}

function acmeSettings(env: CertificateManagerEnv, problems: string[]): Settings["acme"] {
  const needed = (name: "ACME_DIRECTORY_URL" | "ACME_ACCOUNT_SECRET" | "HOSTED_ZONE_ID") => {
    if (!env[name]) problems.push(`${name} must be set for certificates of issuer acme`);
    return env[name] ?? "";
  };
  return {
    directoryUrl: needed("ACME_DIRECTORY_URL"),
    accountSecret: needed("ACME_ACCOUNT_SECRET"),
    hostedZoneId: needed("HOSTED_ZONE_ID"),
    stagingUrl: env.ACME_STAGING_DIRECTORY_URL,
    contact: env.ACME_CONTACT,
  };
}

const duplicates = (values: readonly string[]) => [
  ...new Set(values.filter((value, index) => values.indexOf(value) !== index)),
];
