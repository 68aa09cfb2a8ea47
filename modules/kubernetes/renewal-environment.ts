import type { CertificateRenewalEnv, ServedListener } from "../../runtime/certificate-renewal/env";
import { json } from "../terraform/json";
import type { ProgramEnv } from "../terraform/program-env";
import { authorityFile, clientUrl, keyFile } from "./connection";
import type { KubernetesContext } from "./context";
import { renewalRole, renewedCertificates } from "./vault-roles";

export type RenewalVariables = ProgramEnv<typeof CertificateRenewalEnv>;

/** What every run is told: what to issue, and where it goes. */
export function issueVariables(context: KubernetesContext): RenewalVariables {
  const { vault } = context.config.tls;
  return {
    VAULT_ADDR: vault.address,
    VAULT_AUTH_PATH: vault.authPath,
    VAULT_ROLE: renewalRole(context),
    VAULT_ROOT_MOUNT: vault.root,
    NAMESPACE: context.namespace,
    CERTIFICATES: json(renewedCertificates(context)),
    AUTHORITIES_SECRET: context.names.certificates.authorities,
  };
}

/** Only the system account reloads servers. */
export const renewalLogin = ({ topology }: KubernetesContext) =>
  topology.identity.mode === "operator" ? "creds-sys" : "user-sys";

/** What the scheduled runs are told besides: whom to ask for a reload, and what has to be seen afterwards. */
export function reloadVariables(context: KubernetesContext): Partial<RenewalVariables> {
  const login = keyFile(renewalLogin(context));
  return {
    NATS_SERVERS: clientUrl(context),
    NATS_CA_FILE: authorityFile,
    ...(context.topology.identity.mode === "operator" ? { NATS_CREDS_FILE: login } : { NATS_NKEY_SEED_FILE: login }),
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
