import { SecretsmanagerSecret } from "@cdktf/provider-aws/lib/secretsmanager-secret";
import type { Construct } from "constructs";

export interface EmptySecretProps {
  name: string;
  description: string;
  kmsKeyId: string;
  deletionProtection: boolean;
}

/** The container of a secret. Values are written by `natsform keys push` and by programs: Terraform never sees one. */
export function emptySecret(scope: Construct, id: string, props: EmptySecretProps): SecretsmanagerSecret {
  const { name, description, kmsKeyId, deletionProtection } = props;
  return new SecretsmanagerSecret(scope, id, {
    name,
    description,
    kmsKeyId,
    // Without protection the name is free again at once, so that the environment can be recreated.
    recoveryWindowInDays: deletionProtection ? 30 : 0,
  });
}
