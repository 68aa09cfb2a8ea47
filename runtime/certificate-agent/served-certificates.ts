import type { ServerCertificate } from "./certificate";
import type { AgentCertificate, AgentListener } from "./env";
import type { ServedProps } from "./handshake";

/** One handshake that has to show one certificate. */
export interface ServedCheck {
  listener: AgentListener["name"];
  /** Name as it is in the certificate. */
  name: string;
  fingerprint: string;
  handshake: ServedProps;
}

export interface ServedChecksProps {
  listeners: readonly AgentListener[];
  certificates: readonly AgentCertificate[];
  /** The certificate in place, by id. */
  inPlace: (id: string) => ServerCertificate | undefined;
  /** True when the client port takes PROXY headers. */
  proxied: boolean;
}

/** Every name on every listener: monitoring shows one certificate of a listener only. */
export function servedChecks({ listeners, certificates, inPlace, proxied }: ServedChecksProps): ServedCheck[] {
  return listeners.flatMap(({ name: listener, port, certificates: ids }) =>
    ids.flatMap((id) => {
      const names = certificates.find((certificate) => certificate.id === id)?.names ?? [];
      const certificate = inPlace(id);
      if (!certificate) return [];
      // Only peers are admitted there, so the check presents the server's own certificate, as peers do.
      const client =
        listener === "routes" || listener === "leafnodes" ? { cert: certificate.crt, key: certificate.key } : undefined;
      return names.map((name) => ({
        listener,
        name,
        fingerprint: certificate.fingerprint,
        handshake: {
          port,
          servername: name.replace(/^\*\./, "wildcard."),
          plainInfo: listener === "client" || listener === "leafnodes",
          proxied: proxied && listener === "client",
          client,
        },
      }));
    }),
  );
}

/**
 * Usages of a certificate. Routes are dialled and dial; a certificate that no listener serves is presented to a hub.
 */
export function usagesOf(id: string, listeners: readonly AgentListener[]): ("server" | "client")[] {
  const served = listeners.filter(({ certificates }) => certificates.includes(id));
  if (served.length === 0) return ["client"];
  return served.some(({ name }) => name === "routes") ? ["server", "client"] : ["server"];
}
