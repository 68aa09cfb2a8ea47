import { ClusterRoleBindingV1 } from "@cdktf/provider-kubernetes/lib/cluster-role-binding-v1";
import { RoleBindingV1 } from "@cdktf/provider-kubernetes/lib/role-binding-v1";
import { RoleV1 } from "@cdktf/provider-kubernetes/lib/role-v1";
import { ServiceAccountV1 } from "@cdktf/provider-kubernetes/lib/service-account-v1";
import { Construct } from "constructs";
import { type KubernetesContext, labelsOf } from "./context";
import { vaultCertificates } from "./vault-roles";

/**
 * ServiceAccount of the renewal job: it reads and writes the Secrets of certificates, by name, asks for tokens of itself
 * for Vault, and nothing else.
 */
export class RenewalAccount extends Construct {
  constructor(scope: Construct, id: string, context: KubernetesContext) {
    super(scope, id);
    const { environment, names, namespace } = context;
    const metadata = { name: names.renewal, namespace, labels: labelsOf(context, "certificate-renewal") };
    const secrets = vaultCertificates(context).map((certificate) => names.certificates.certificate(certificate.id));
    const account = new ServiceAccountV1(this, "account", { metadata, automountServiceAccountToken: false });
    const role = new RoleV1(this, "role", {
      metadata,
      rule: [
        {
          apiGroups: [""],
          resources: ["secrets"],
          resourceNames: [...secrets, names.certificates.authorities],
          verbs: ["get", "patch"],
        },
        { apiGroups: [""], resources: ["serviceaccounts/token"], resourceNames: [names.renewal], verbs: ["create"] },
      ],
    });
    const subject = [{ kind: "ServiceAccount", name: account.metadata.name, namespace }];
    new RoleBindingV1(this, "binding", {
      metadata,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: role.metadata.name },
      subject,
    });
    // Vault asks the API with the job's own token whether that token is genuine.
    new ClusterRoleBindingV1(this, "token-review", {
      metadata: { name: `${environment.name}-${names.renewal}`, labels: labelsOf(context) },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:auth-delegator" },
      subject,
    });
  }
}
