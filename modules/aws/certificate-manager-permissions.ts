import type { SecretsmanagerSecret } from "@cdktf/provider-aws/lib/secretsmanager-secret";
import {
  certificateManagerActions,
  challengeRecord,
  type ManagedCertificate,
} from "../../runtime/certificate-manager/env";
import type { Lookups } from "./lookups";
import { decryptVia } from "./permissions";
import type { Statement } from "./policy";

export interface ManagerScope {
  lookups: Lookups;
  tableArn: string;
  secrets: readonly SecretsmanagerSecret[];
  certificates: readonly ManagedCertificate[];
  privateCaArns: Record<string, string>;
  /** Names of the servers that have the certificates. */
  servers: readonly string[];
}

/** Permissions of the certificate-manager: the actions that it states, each on its own resources. */
export function managerStatements(scope: ManagerScope): Statement[] {
  return [
    ...certificateManagerActions.flatMap(({ on, actions }) =>
      limitsOf(on, scope).map((limits) => ({ Action: actions, ...limits })),
    ),
    decryptVia(scope.lookups, "dynamodb"),
  ];
}

type Limits = Pick<Statement, "Resource" | "Condition">;

/** None where this cluster has nothing of the kind. */
function limitsOf(on: (typeof certificateManagerActions)[number]["on"], scope: ManagerScope): Limits[] {
  const { lookups, tableArn, secrets, certificates, privateCaArns } = scope;
  const challenges = certificates
    .filter(({ issuer }) => issuer === "acme")
    .flatMap(({ names }) => names.map((name) => challengeRecord(name).toLowerCase()));
  const forAcme = (limits: () => Limits) => (challenges.length > 0 ? [limits()] : []);
  const zone = () => `arn:${lookups.partition}:route53:::hostedzone/${lookups.zoneId}`;
  switch (on) {
    case "secrets":
      return [{ Resource: secrets.map(({ arn }) => arn) }];
    case "key": {
      const { Resource, Condition } = decryptVia(lookups, "secretsmanager");
      return [{ Resource, Condition }];
    }
    case "server-logs":
      return [{ Resource: scope.servers.map((server) => `${lookups.logGroupArn(server)}:*`) }];
    case "table":
      return [{ Resource: tableArn }];
    case "zone":
      return forAcme(() => ({ Resource: zone() }));
    case "zone-challenges":
      return forAcme(() => ({
        Resource: zone(),
        Condition: {
          "ForAllValues:StringEquals": {
            "route53:ChangeResourceRecordSetsNormalizedRecordNames": [...new Set(challenges)],
            "route53:ChangeResourceRecordSetsRecordTypes": ["TXT"],
            "route53:ChangeResourceRecordSetsActions": ["UPSERT", "DELETE"],
          },
        },
      }));
    case "changes":
      // A change has no owner that could be named.
      return forAcme(() => ({ Resource: `arn:${lookups.partition}:route53:::change/*` }));
    case "private-authorities": {
      const arns = Object.values(privateCaArns);
      return arns.length > 0 ? [{ Resource: arns }] : [];
    }
  }
}
