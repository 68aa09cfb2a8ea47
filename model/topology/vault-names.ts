import type { CertificateId, IssuerId } from "./model";

interface VaultSettings {
  mount?: string;
  role?: string;
}

/** Mount of the intermediate authority of a purpose. */
export const vaultMount = ({ mount = "pki-int" }: VaultSettings, issuer: IssuerId): string => `${mount}-${issuer}`;

/** Role of a certificate in its mount. */
export const vaultRole = ({ role }: VaultSettings, cluster: string, id: CertificateId): string =>
  `${role ?? cluster}-${id}`;

/**
 * Role for the certificate of a foreign leaf at its hub, in the mount of leaf nodes. It signs the leaf's name alone.
 */
export const foreignLeafRole = ({ role }: VaultSettings, cluster: string, leaf: string): string =>
  `${role ?? cluster}-foreign-${leaf}`;
