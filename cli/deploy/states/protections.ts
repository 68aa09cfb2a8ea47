import type { StackState } from "./state";

/** Reasons why a state must not be destroyed as it is: it still protects something, whatever the environment says now. */
export function protectionsOf({ record, resources }: StackState): string[] {
  const own = resources.flatMap(({ type, name, attributes }) => {
    const why = protection[type]?.(attributes);
    return why ? [`${type}.${name}: ${why}`] : [];
  });
  return own.length === 0 && record?.protected && resources.some(({ type }) => guarded.test(type))
    ? ["it was deployed with deletionProtection: true"]
    : own;
}

/** What Terraform destroys by what stands in the state, not by what the configuration says. */
const protection: Record<string, (attributes: Record<string, unknown>) => string | undefined> = {
  aws_secretsmanager_secret: ({ recovery_window_in_days: days }) =>
    Number(days) > 0 ? `its name would stay taken for ${days} days` : undefined,
  aws_s3_bucket: ({ force_destroy }) => (force_destroy ? undefined : "it is kept while something is in it"),
  aws_ecr_repository: ({ force_delete }) => (force_delete ? undefined : "it is kept while images are in it"),
  aws_route53_zone: ({ force_destroy }) => (force_destroy ? undefined : "it is kept while records are in it"),
  aws_dynamodb_table: ({ deletion_protection_enabled: on }) => (on ? "it is protected from deletion" : undefined),
};

/** What the configuration alone protects (`prevent_destroy`): no state tells, and a removed stack has no configuration. */
const guarded = /^(kubernetes_namespace_v1|vault_mount|vault_pki_secret_backend_.*)$/;
