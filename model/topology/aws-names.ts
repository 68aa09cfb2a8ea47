/**
 * Names of what natsform makes in AWS. Stacks never refer to each other: each side derives the name here and looks it up,
 * so a name is a contract, and changing one replaces what carries it.
 */
export interface AwsNames {
  /** One for each region that the environment uses. */
  foundationStack: string;
  /** `Name` tag of the VPC. */
  vpc: string;
  /** Subnets carry `natsform:environment`, `natsform:subnet` (public or private) and their zone. */
  ecsCluster: string;
  kmsAlias: string;
  /** Log group of a server or a program. */
  logGroup(of: string): string;
  /** ECR repository of an image that natsform builds. */
  repository(program: string): string;
  /** ECR repository of the services that natsform builds: one for all, so that none is emptied when a service goes. */
  serviceRepository: string;
  /** Bucket of the servers' configurations; bucket names are global, so it carries the account. */
  configBucket(accountId: string): string;
  /** Secret of a name from `deployedSecrets`. */
  keySecret(name: string): string;
}

export function awsNames(environment: string, region: string): AwsNames {
  return {
    foundationStack: `${environment}-${region}-foundation`,
    vpc: environment,
    ecsCluster: environment,
    kmsAlias: `alias/${environment}`,
    logGroup: (of) => `/natsform/${environment}/${of}`,
    repository: (program) => `${environment}/${program}`,
    serviceRepository: `${environment}/services`,
    configBucket: (accountId) => `${environment}-config-${region}-${accountId}`,
    keySecret: (name) => `${environment}/keys/${name}`,
  };
}

/** Names of one cluster on AWS. `prefix` starts the names of all that belongs to it alone. */
export interface AwsClusterNames {
  prefix: string;
  certificatesStack: string;
  natsStack: string;
  programsStack: string;
  /** ECS service and task family of a server; in Cloud Map it has the first label of its host. */
  service(server: string): string;
  /** Object of a server's configuration in the bucket. */
  configKey(server: string): string;
  /** Parameter in Systems Manager with the digests of that configuration. */
  configDigests(server: string): string;
  /** Secret of a certificate whose first name is `domain`: wildcards and dots as in the names of the first deployments. */
  domainSecret(domain: string): string;
  /** Secret of an internal certificate, by its id. */
  certificateSecret(id: string): string;
  /** Secret of a private certification authority: its certificates and keys. */
  authoritySecret(issuer: string): string;
  /** Secret of the account at the ACME server. */
  acmeAccountSecret: string;
  /** Table with the lease and the backoff of the certificate-manager. */
  certificatesTable: string;
  /** Lambda functions, and ECS services or task families of programs: `auth-callout`, `streams`. */
  program(name: string): string;
  /** Content of the TXT record of ownership. */
  recordOwner: string;
}

export function awsClusterNames(environment: string, cluster: string): AwsClusterNames {
  const prefix = `${environment}-${cluster}`;
  return {
    prefix,
    certificatesStack: `${prefix}-certificates`,
    natsStack: `${prefix}-nats`,
    programsStack: `${prefix}-programs`,
    service: (server) => `${environment}-${server}`,
    configKey: (server) => `${cluster}/${server}/nats.conf`,
    configDigests: (server) => `/natsform/${environment}/${cluster}/${server}/config-digests`,
    domainSecret: (domain) => `${prefix}-${domain.replace(/\*/g, "wildcard").replace(/\./g, "-")}`,
    certificateSecret: (id) => `${prefix}-certificate-${id}`,
    authoritySecret: (issuer) => `${prefix}-authority-${issuer}`,
    acmeAccountSecret: `${prefix}-acme-account`,
    certificatesTable: `${prefix}-certificates`,
    program: (name) => `${prefix}-${name}`,
    recordOwner: `natsform:${environment}/${cluster}`,
  };
}

/** Name of the TXT record that names the owner of the A record of `name`. */
export const ownershipRecord = (name: string): string => `_natsform.${name}`;
