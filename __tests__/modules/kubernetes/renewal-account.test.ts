import { RenewalAccount } from "../../../modules/kubernetes/renewal-account";
import { vaultCertificates } from "../../../modules/kubernetes/vault-roles";
import { made } from "../../support/construct";
import { onKubernetes } from "../../support/kubernetes-context";

test("the renewal job reads and writes the Secrets of its certificates, asks for tokens of itself, and does no more", async () => {
  const context = await onKubernetes();
  const { certificates } = context.names;
  const account = made((scope) => new RenewalAccount(scope, "r", context));
  const names = vaultCertificates(context).map(({ id }) => certificates.certificate(id));
  expect(account.kubernetes_role_v1?.[0]?.rule).toEqual([
    {
      api_groups: [""],
      resources: ["secrets"],
      resource_names: [...names, certificates.authorities],
      verbs: ["get", "patch"],
    },
    {
      api_groups: [""],
      resources: ["serviceaccounts/token"],
      resource_names: ["nats-certificate-renewal"],
      verbs: ["create"],
    },
  ]);
  expect(account.kubernetes_service_account_v1).toEqual([
    expect.objectContaining({ automount_service_account_token: false }),
  ]);
});
