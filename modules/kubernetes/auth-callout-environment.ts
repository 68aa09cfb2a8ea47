import { calloutIssuerSecret, calloutKeys, calloutXkeySecret, loginKey } from "../../model/topology";
import type { AuthCalloutEnv } from "../../runtime/auth-callout/env";
import type { ProgramEnv } from "../terraform/program-env";
import { authorityFile, clientUrl, keyFile } from "./connection";
import type { KubernetesContext } from "./context";

/** Where the rules lie in the container, and the authorities of an issuer that no public one signed for. */
export const rulesFolder = "/etc/natsform/rules";
export const oidcFile = "oidc-authorities.crt";
export const calloutPort = 9090;

/** What the responder logs in with. */
export const calloutLogin = ({ topology }: KubernetesContext) => loginKey(topology, "responder");

export function calloutVariables(context: KubernetesContext): ProgramEnv<typeof AuthCalloutEnv> {
  const { topology, trust } = context;
  const { mode, oidc, calloutAccount } = topology.identity;
  const login = keyFile(calloutLogin(context));
  return {
    NATS_SERVERS: clientUrl(context),
    NATS_CA_FILE: authorityFile,
    ...(mode === "operator" ? { NATS_AUTH_CREDS_FILE: login } : { NATS_AUTH_NKEY_SEED_FILE: login }),
    NATS_AUTH_ACCOUNT: mode === "operator" ? (trust.accounts[calloutAccount]?.publicKey ?? "") : calloutAccount,
    NATS_AUTH_NKEY_ISSUER_SEED_FILE: keyFile(calloutIssuerSecret),
    NATS_AUTH_XKEY_ISSUER_SEED_FILE: keyFile(calloutXkeySecret),
    OIDC_ISSUER: oidc.issuer,
    OIDC_AUDIENCE: oidc.audience,
    OIDC_JWKS_URI: oidc.jwksUri,
    OIDC_CA_FILE: context.cluster.platform.oidcAuthorities && `${rulesFolder}/${oidcFile}`,
    OIDC_ALGORITHMS: oidc.algorithms.join(","),
    OIDC_CLOCK_SKEW_SECONDS: String(oidc.clockSkewSeconds),
    AUTH_RULES_FILE: `${rulesFolder}/rules.json`,
    HTTP_PORT: String(calloutPort),
    // Seeds are read at start: other keys are other pods.
    NATS_AUTH_KEYS: calloutKeys(topology, trust),
  };
}
