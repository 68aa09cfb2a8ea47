import type { Environment } from "../config";
import type { AuthorityTopology, Certificate, IssuerId } from "./model";
import { vaultMount } from "./vault-names";

type Tls = Environment["clusters"][string]["tls"];

/** Authorities that sign for a cluster, but for those of public names: their certificates are trusted everywhere. */
export function authoritiesOf({ tls }: { tls: Tls }, certificates: readonly Certificate[]): AuthorityTopology[] {
  const own = certificates.filter(({ issuer }) => issuer !== "public");
  const signers = new Map(own.map(({ issuer, signer }) => [issuer, signer]));
  return [...signers].map(([issuer, signer]) => ({ issuer, signer, place: placeOf(signer, tls, issuer) }));
}

function placeOf(signer: Certificate["signer"], tls: Tls, issuer: IssuerId): string {
  switch (signer) {
    case "vault": {
      const { address, create, root } = tls.vault;
      // Of mounts that exist natsform does not know by which root they are signed.
      return [address, vaultMount(tls, issuer), ...(create ? [root] : [])].join(" ");
    }
    // The certificate-manager serves both: with an ARN it has ACM PCA sign, whatever the issuer is called.
    case "certificate-manager":
    case "acm-pca":
      return (issuer === "public" ? undefined : tls.authorities?.[issuer]) ?? "";
    default:
      return "";
  }
}
