import { calloutIssuerSecret, calloutXkeySecret } from "../../model/topology";
import { calloutEnvironment } from "../../templates/auth-callout-environment";
import { connectionOf, keyFile } from "./connection";
import type { KubernetesContext } from "./context";

/** Paths of the rules in the container, and of the authorities of an issuer that no public one signed for. */
export const rulesFolder = "/etc/natsform/rules";
export const oidcFile = "oidc-authorities.crt";
export const calloutPort = 9090;

export const calloutVariables = (context: KubernetesContext) =>
  calloutEnvironment<never>(context.topology, context.trust, {
    cluster: context.cluster,
    ...connectionOf(context, "responder"),
    issuerSeeds: { file: keyFile(calloutIssuerSecret) },
    xkeySeeds: { file: keyFile(calloutXkeySecret) },
    rulesFile: `${rulesFolder}/rules.json`,
    oidcAuthoritiesFile: context.cluster.platform.oidcAuthorities && `${rulesFolder}/${oidcFile}`,
    http: { port: calloutPort },
  }).variables;
