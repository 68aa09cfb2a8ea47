import type { Logger } from "pino";
import type { Runs } from "../common/server-report";
import type { CertificateSecret, ManagedCertificate } from "./contract";
import type { RenewalWindow } from "./renewal";
import type { Authority, AuthoritySet } from "./rollover";
import type { CertificateState, RenewalInfo } from "./state";

export interface StoredValue {
  value: string;
  version: string;
}

/** Values in Secrets Manager. */
export interface Secrets {
  /** Undefined when nothing was ever written. */
  read(name: string): Promise<StoredValue | undefined>;
  /**
   * Writes a value on top of the version that was read.
   *
   * @throws Superseded when another run has written since
   */
  write(name: string, value: string, onTopOf: string | undefined): Promise<void>;
}

/** Items that outlive a run. A write with a token is refused when a later holder of the lease has written. */
export interface States {
  certificate(id: string): Promise<CertificateState>;
  saveCertificate(id: string, state: CertificateState, token: number): Promise<void>;
  renewalInfo(id: string): Promise<RenewalInfo | undefined>;
  saveRenewalInfo(id: string, info: RenewalInfo): Promise<void>;
  /** Public halves of authorities in ACM PCA that have no secret. */
  authorities(issuer: string): Promise<AuthoritySet | undefined>;
  saveAuthorities(issuer: string, set: AuthoritySet, token: number): Promise<void>;
}

/** The right to issue, which one run has at a time. */
export interface Lease {
  /** Grows with each lease. */
  token: number;
  /** @throws Superseded when it has ended or another run has it */
  check(): Promise<void>;
  release(): Promise<void>;
}

export interface Leases {
  /** Undefined while another run has it. It ends by itself at the end of the run, never later. */
  take(until: Date): Promise<Lease | undefined>;
}

/** The servers that serve the certificates. */
export interface Servers {
  /** By server, what its agent said last; undefined when it said nothing for more than an hour. */
  reports(): Promise<ReadonlyMap<string, Runs | undefined>>;
}

/** Another run has taken over. */
export class Superseded extends Error {
  override readonly name = "Superseded";
}

/** Input of an issuer, besides the desired certificate. */
export interface Attempt {
  certificate: ManagedCertificate;
  now: Date;
  signal: AbortSignal;
  /** Authorities of a private issuer. */
  set?: AuthoritySet;
  /** The certificate that is replaced, if there is one. */
  replaces?: string;
  /** True after a failure: then the attempt is first made on a server without limits. */
  afterFailure: boolean;
  /** Called with the challenges before they are written to the zone, and with none once they are removed. */
  remember(challenges: CertificateState["challenges"]): Promise<void>;
  /** Called before the authority is asked to sign. */
  finalizing(): Promise<void>;
}

/** Makes a certificate with a new key. */
export interface Issuer {
  issue(attempt: Attempt): Promise<CertificateSecret>;
}

/** All dependencies of the program on the outside. */
export interface Ports {
  now(): Date;
  /** From 0 to 1. */
  random(): number;
  /** Ends early, with an error, when the run's time is up. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  secrets: Secrets;
  states: States;
  leases: Leases;
  servers: Servers;
  issuer(name: string): Issuer;
  /** A new authority; `arn` for one in ACM PCA. */
  newAuthority(issuer: string, now: Date, arn: string | undefined): Promise<Authority>;
  /** Fetches the ACME server's renewal information for a certificate, by its `renewalId`. */
  fetchRenewalInfo(certificate: string): Promise<{ window?: RenewalWindow; retryAfterMs?: number }>;
  removeChallenges(challenges: CertificateState["challenges"]): Promise<void>;
  log: Logger;
  /** A line for CloudWatch: metrics, as JSON. */
  metric(secret: string, values: Record<string, number>): void;
}
