import type { Trust } from "../model/config";
import { type ClusterTopology, calloutKeys, type Topology } from "../model/topology";
import type { AuthCalloutEnv } from "../runtime/auth-callout/env";
import { toAuthRules } from "./callout-rules";
import { type Connection, from, type ProgramEnvironment, type Source } from "./program-environment";

/** Settings of a responder that depend on its platform. */
export interface CalloutSite<Secret> extends Connection<Secret> {
  cluster: ClusterTopology;
  /** Seeds that sign answers, and that open requests: the current one first. */
  issuerSeeds: Source<Secret>;
  xkeySeeds: Source<Secret>;
  /** File that holds the rules; without it they are in a variable. */
  rulesFile?: string;
  /** Address of the token issuer's keys, when it is not the environment's. */
  jwksUri?: string;
  /** File with the authorities that signed for the token issuer, where no public one did. */
  oidcAuthoritiesFile?: string;
  /** Address of health and metrics. Without a host, every address. */
  http: { host?: string; port: number };
}

/** Environment of a responder of the auth callout. */
export function calloutEnvironment<Secret>(
  topology: Topology,
  trust: Trust,
  site: CalloutSite<Secret>,
): ProgramEnvironment<typeof AuthCalloutEnv, Secret> {
  const { mode, oidc, calloutAccount } = topology.identity;
  const ca = from("NATS_CA", site.authorities);
  const login = mode === "operator" ? from("NATS_AUTH_CREDS", site.login) : from("NATS_AUTH_NKEY_SEED", site.login);
  const issuer = from("NATS_AUTH_NKEY_ISSUER_SEED", site.issuerSeeds);
  const xkey = from("NATS_AUTH_XKEY_ISSUER_SEED", site.xkeySeeds);
  return {
    variables: {
      NATS_SERVERS: site.servers.join(","),
      ...ca.variables,
      ...login.variables,
      NATS_AUTH_ACCOUNT: mode === "operator" ? (trust.accounts[calloutAccount]?.publicKey ?? "") : calloutAccount,
      ...issuer.variables,
      ...xkey.variables,
      OIDC_ISSUER: oidc.issuer,
      OIDC_AUDIENCE: oidc.audience,
      OIDC_JWKS_URI: site.jwksUri ?? oidc.jwksUri,
      OIDC_CA_FILE: site.oidcAuthoritiesFile,
      OIDC_ALGORITHMS: oidc.algorithms.join(","),
      OIDC_CLOCK_SKEW_SECONDS: String(oidc.clockSkewSeconds),
      ...(site.rulesFile === undefined
        ? { AUTH_RULES: JSON.stringify(toAuthRules(topology, trust, site.cluster)) }
        : { AUTH_RULES_FILE: site.rulesFile }),
      HTTP_HOST: site.http.host,
      HTTP_PORT: String(site.http.port),
      LOG_LEVEL: "info",
      // Seeds and logins are read at start: other keys are another process.
      NATS_AUTH_KEYS: calloutKeys(topology, trust, site.cluster.name),
    },
    secrets: { ...ca.secrets, ...issuer.secrets, ...xkey.secrets, ...login.secrets },
  };
}
