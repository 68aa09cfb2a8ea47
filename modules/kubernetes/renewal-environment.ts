import { loginKey, peerAuthorities } from "../../model/topology";
import { RENEWAL_USER } from "../../runtime/certificate-renewal/contract";
import type { CertificateRenewalEnv, ServedListener } from "../../runtime/certificate-renewal/env";
import { json } from "../terraform/json";
import type { ProgramEnv } from "../terraform/program-env";
import { authorityFile, clientUrl, loginVariables } from "./connection";
import type { KubernetesContext } from "./context";
import { renewalRole, renewedCertificates } from "./vault-roles";

export type RenewalVariables = ProgramEnv<typeof CertificateRenewalEnv>;

/** What every run is told: what to issue, and where it goes. */
export function issueVariables(context: KubernetesContext): RenewalVariables {
  const { vault } = context.config.tls;
  const peers = peerAuthorities(context.topology, context.cluster, context.trust.authorities);
  return {
    VAULT_ADDR: vault.address,
    VAULT_AUTH_PATH: vault.authPath,
    VAULT_ROLE: renewalRole(context),
    VAULT_ROOT_MOUNT: vault.root,
    NAMESPACE: context.namespace,
    CERTIFICATES: json(renewedCertificates(context)),
    AUTHORITIES_SECRET: context.names.certificates.authorities,
    PEER_AUTHORITIES: peers === "" ? undefined : json({ leafnodes: peers }),
  };
}

/** A user of the system account that may reload servers, and nothing else. */
export const renewalLogin = ({ topology }: KubernetesContext) => loginKey(topology, RENEWAL_USER);

/** What the scheduled runs are told besides: whom to ask for a reload, and what has to be seen afterwards. */
export function reloadVariables(context: KubernetesContext): Partial<RenewalVariables> {
  return {
    NATS_SERVERS: clientUrl(context),
    NATS_CA_FILE: authorityFile,
    ...loginVariables(context, renewalLogin(context)),
    SERVED: json(servedListeners(context)),
  };
}

/** Every server by its own name: the Service would show one of them. */
const servedListeners = ({ cluster }: KubernetesContext): ServedListener[] =>
  cluster.listeners.flatMap(({ name, port, certificates: [certificate] }) =>
    name === "websocket" || certificate === undefined
      ? []
      : cluster.servers.map(({ host }) => ({ host, port, certificate, plainInfo: name !== "routes" })),
  );
