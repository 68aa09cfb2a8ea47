import { peerAuthorities } from "../../model/topology";
import { RENEWAL_USER } from "../../runtime/certificate-renewal/contract";
import type { CertificateRenewalEnv, ServedListener } from "../../runtime/certificate-renewal/env";
import { connectionEnvironment, type ProgramEnv } from "../../templates/program-environment";
import { json } from "../terraform/json";
import { connectionOf } from "./connection";
import type { KubernetesContext } from "./context";
import { renewalRole, renewedCertificates } from "./vault-roles";

export type RenewalVariables = ProgramEnv<typeof CertificateRenewalEnv>;

/** Environment of every run: the certificates to issue, and the Secrets for them. */
export function issueVariables(context: KubernetesContext): RenewalVariables {
  const { vault } = context.config.tls;
  const peers = peerAuthorities(context.topology, context.cluster, context.trust.authorities);
  return {
    VAULT_ADDR: vault.address,
    VAULT_AUTH_PATH: vault.authPath,
    VAULT_ROLE: renewalRole(context),
    VAULT_AUDIENCE: vault.audience,
    VAULT_ROOT_MOUNT: vault.root,
    NAMESPACE: context.namespace,
    CERTIFICATES: json(renewedCertificates(context)),
    AUTHORITIES_SECRET: context.names.certificates.authorities,
    PEER_AUTHORITIES: peers === "" ? undefined : json({ leafnodes: peers }),
  };
}

/** Further environment of scheduled runs: the servers to reload, and the listeners to check afterwards. */
export function reloadVariables(context: KubernetesContext): Partial<RenewalVariables> {
  return {
    ...connectionEnvironment(context.topology, connectionOf(context, RENEWAL_USER)).variables,
    SERVED: json(servedListeners(context)),
  };
}

/** Every server by its own name: the Service would show one of them. */
const servedListeners = ({ cluster }: KubernetesContext): ServedListener[] =>
  cluster.listeners.flatMap(({ name, port, certificates: [certificate] }) =>
    name === "websocket" || certificate === undefined
      ? []
      : cluster.servers.map(({ name: server, host }) => ({
          server,
          host,
          port,
          certificate,
          plainInfo: name !== "routes",
        })),
  );
