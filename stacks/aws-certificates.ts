import { type App, TerraformStack } from "cdktf";
import type { EcsCluster } from "../model/topology";
import { awsClusterNames } from "../model/topology";
import { secretOfCertificate } from "../modules/aws/agent-environment";
import { CertificateAlarms } from "../modules/aws/certificate-alarms";
import { CertificateManager } from "../modules/aws/certificate-manager";
import type { StackContext } from "../modules/aws/context";
import { emptySecret } from "../modules/aws/empty-secret";
import { Lookups } from "../modules/aws/lookups";
import { authoritySecrets, managedCertificates } from "../modules/aws/managed-certificates";
import { addAwsProvider } from "../modules/aws/provider";
import { addBackend } from "../modules/terraform/backend";
import { definedVariables } from "../templates/program-environment";

/**
 * The certificates of a cluster: their secrets, and the program that issues and renews them. The servers come after it.
 */
export class AwsCertificatesStack extends TerraformStack {
  constructor(app: App, context: StackContext, cluster: EcsCluster) {
    const { environment, settings } = context;
    const { deletionProtection } = environment;
    const names = awsClusterNames(environment.name, cluster.name);
    super(app, names.certificatesStack);
    addBackend(this, environment, settings);
    addAwsProvider(this, cluster.platform.region, context);
    const lookups = new Lookups(this, "found", environment.name, cluster);

    const secret = (id: string, name: string, description: string) =>
      emptySecret(this, `secret-${id}`, { name, description, kmsKeyId: lookups.kmsKeyArn, deletionProtection });
    const certificates = cluster.certificates.map((certificate) => {
      const name = secretOfCertificate(environment.name, cluster.name, certificate);
      return secret(certificate.id, name, `Certificate ${certificate.id} of ${names.prefix}`);
    });
    const managed = managedCertificates(environment.name, cluster);
    if (managed.length === 0) return;
    const authorities = authoritySecrets(environment.name, cluster);
    const keys = Object.entries(authorities).map(([issuer, name]) =>
      secret(`authority-${issuer}`, name, `Private authority of ${names.prefix} for ${issuer}`),
    );
    const { acme, authorities: arns } = environment.clusters[cluster.name]?.tls ?? {};
    const isPublic = managed.some(({ issuer }) => issuer === "acme");
    const account = isPublic
      ? [secret("acme-account", names.acmeAccountSecret, `Account of ${names.prefix} at the ACME server`)]
      : [];
    const { program } = new CertificateManager(this, "certificate-manager", {
      environment: environment.name,
      cluster: cluster.name,
      certificates: managed,
      secrets: [...certificates, ...keys, ...account],
      authorities,
      privateCaArns: definedVariables(arns ?? {}),
      servers: cluster.servers.map(({ name }) => name),
      acme: isPublic && acme ? { ...acme, accountSecret: names.acmeAccountSecret } : undefined,
      deletionProtection,
      root: settings.root,
      lookups,
    });
    const { alarmTopicArn: topicArn } = cluster.platform;
    new CertificateAlarms(this, "alarms", { prefix: names.prefix, certificates: managed, program, topicArn });
  }
}
