import { pino } from "pino";
import type { AcmeServer } from "../../runtime/certificate-manager/acme/server";
import type { CertificateSecret, EnsureResponse } from "../../runtime/certificate-manager/contract";
import { ensure } from "../../runtime/certificate-manager/ensure";
import { acmeIssuer } from "../../runtime/certificate-manager/issuers/acme";
import { newPrivateAuthority, privateIssuer } from "../../runtime/certificate-manager/issuers/private";
import { type Issuer, type Ports, Superseded } from "../../runtime/certificate-manager/ports";
import type { RenewalWindow } from "../../runtime/certificate-manager/renewal";
import { AuthoritySet } from "../../runtime/certificate-manager/rollover";
import type { Settings } from "../../runtime/certificate-manager/settings";
import { CertificateState, RenewalInfo } from "../../runtime/certificate-manager/state";
import { pairDigest, type Runs } from "../../runtime/common/server-report";
import { createAuthority, type KeyPairPem } from "../../runtime/x509/authority";
import { signRequest } from "./certificate-signer";

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** A run that is killed: whatever it does afterwards does not happen. */
class Killed extends Error {}

/**
 * Everything around the program, in memory and with a clock of its own: a public authority, a zone, secrets, the table.
 * The program's own code is all real, and so are the certificates.
 */
export class MemoryWorld {
  /** Milliseconds since 1970: true time. */
  clock = Date.UTC(2027, 0, 1);
  /** How far the program's clock is off. */
  skewMs = 0;
  down = { acme: false, dns: false, secrets: false, table: false };
  /** The clock stands while runs wait: for runs at once, of which each would move it for all. */
  frozen = false;
  /** Lifetime of what the public authority issues. */
  lifetimeMs = 90 * dayMs;
  renewalWindow?: (certificate: string) => RenewalWindow | undefined;
  /** Counts down with each call of a port; the run is killed at zero, before or after the call has its effect. */
  killAfterCalls?: number;
  killBefore = true;
  /** What servers serve, by server and certificate. Each loads what is stored at the beginning of a run, unless it is stuck. */
  readonly serving = new Map<string, Map<string, CertificateSecret>>([
    ["server 0", new Map()],
    ["server 1", new Map()],
  ]);
  /** Servers whose agents take nothing over, or say nothing. */
  readonly stuck = new Set<string>();
  readonly silent = new Set<string>();
  /** Replaces what an issuer makes. */
  tamper?: (made: CertificateSecret) => CertificateSecret | Promise<CertificateSecret>;
  staging?: AcmeServer;

  readonly orders: { at: number; names: string }[] = [];
  readonly signed: { at: number; names: string }[] = [];
  readonly published: { at: number; name: string; value: string }[] = [];
  readonly asked: number[] = [];
  readonly zone = new Set<string>();
  readonly secrets = new Map<string, { value: string; version: string }>();
  readonly #items = new Map<string, { json: string; token: number }>();
  #lease = { holder: 0, token: 0, endsAt: 0 };
  #holders = 0;
  #random = 42;
  #versions = 0;
  #authority?: Promise<KeyPairPem>;

  constructor(readonly settings: Settings) {}

  /** Repeatable from run to run. */
  random = (): number => {
    this.#random = (this.#random * 1_103_515_245 + 12_345) % 2 ** 31;
    return this.#random / 2 ** 31;
  };

  item<T>(id: string, schema: { parse(value: unknown): T }): T {
    return schema.parse(JSON.parse(this.#items.get(id)?.json ?? "{}"));
  }
  state = (id: string) => this.item(`certificate#${id}`, CertificateState);
  stored = (secret: string): CertificateSecret | undefined => {
    const value = this.secrets.get(secret)?.value;
    return value === undefined ? undefined : JSON.parse(value);
  };
  authorities = (issuer: string): AuthoritySet =>
    AuthoritySet.parse(JSON.parse(this.secrets.get(this.settings.authorities[issuer] ?? "")?.value ?? "{}"));

  /** One invocation. A killed one rejects like a failed one, but has done nothing since. */
  async run(request: { renew?: string[]; roll?: string[] } = {}, lastsMs = 5 * minuteMs): Promise<EnsureResponse> {
    this.load();
    const endsAt = this.#now() + lastsMs;
    const timeUp = new AbortController();
    const invocation = {
      killed: false,
      callsLeft: this.killAfterCalls ?? Number.POSITIVE_INFINITY,
      before: this.killBefore,
    };
    const ports = this.#ports(invocation, timeUp, this.clock + lastsMs * 0.8);
    return ensure({
      settings: this.settings,
      ports,
      signal: timeUp.signal,
      endsAt: () => new Date(endsAt),
      renew: request.renew ?? [],
      roll: request.roll ?? [],
    });
  }

  /** Agents put in place what is stored. */
  load(): void {
    for (const [server, serving] of this.serving)
      for (const { id, secret } of this.settings.certificates) {
        const stored = this.stored(secret);
        if (stored && !this.stuck.has(server)) serving.set(id, stored);
      }
  }

  #report(server: string): Runs | undefined {
    if (this.silent.has(server)) return undefined;
    const serving = [...(this.serving.get(server) ?? [])];
    const loaded = Object.fromEntries(serving.map(([id, secret]) => [id, pairDigest(secret)]));
    return { digest: "sha256:1", loadedAt: new Date(this.clock).toISOString(), loaded };
  }

  #now = () => this.clock + this.skewMs;

  #ports(
    invocation: { killed: boolean; callsLeft: number; before: boolean },
    timeUp: AbortController,
    timeUpAt: number,
  ): Ports {
    /** A call of a port, which may be the last thing that a run does. */
    const call = async <T>(effect: () => T | Promise<T>): Promise<T> => {
      if (invocation.killed) throw new Killed("killed");
      const isLast = --invocation.callsLeft <= 0;
      if (isLast) invocation.killed = true;
      if (isLast && invocation.before) throw new Killed("killed");
      const result = await effect();
      if (isLast) throw new Killed("killed");
      return result;
    };
    const sleep = async (ms: number) => {
      if (invocation.killed) throw new Killed("killed");
      if (this.frozen) {
        await new Promise((resolve) => setTimeout(resolve, 10));
        return;
      }
      this.clock += ms;
      if (this.clock >= timeUpAt) timeUp.abort();
      if (timeUp.signal.aborted) throw new Error("the time is up");
    };
    const need = (what: keyof MemoryWorld["down"]) => {
      if (this.down[what]) throw new Error(`${what} is down`);
    };
    const load = (id: string) => {
      need("table");
      return JSON.parse(this.#items.get(id)?.json ?? "null");
    };
    const save = (id: string, value: unknown, token: number) => {
      need("table");
      if ((this.#items.get(id)?.token ?? 0) > token) throw new Superseded(id);
      this.#items.set(id, { json: JSON.stringify(value), token });
    };
    const silent = pino({ level: "silent" });
    const challenges = {
      add: (values: { record: string; value: string }[]) =>
        call(() => {
          need("dns");
          for (const { record, value } of values) this.zone.add(`${record} ${value}`);
        }),
      remove: (values: { record: string; value: string }[]) =>
        call(() => {
          need("dns");
          for (const { record, value } of values) this.zone.delete(`${record} ${value}`);
        }),
    };
    const acme = acmeIssuer({
      server: () => call(() => this.#acmeServer(call)),
      staging: this.staging ? () => call(() => this.staging as AcmeServer) : undefined,
      challenges: { add: (values) => challenges.add([...values]), remove: (values) => challenges.remove([...values]) },
      sleep,
      log: silent,
    });
    const tampered = (issuer: Issuer): Issuer => ({
      issue: async (attempt) => {
        const made = await issuer.issue(attempt);
        return this.tamper ? this.tamper(made) : made;
      },
    });
    return {
      now: () => new Date(this.#now()),
      random: this.random,
      sleep,
      secrets: {
        read: (name) =>
          call(() => {
            need("secrets");
            return this.secrets.get(name);
          }),
        write: (name, value, onTopOf) =>
          call(() => {
            need("secrets");
            if (this.secrets.get(name)?.version !== onTopOf) throw new Superseded(name);
            this.secrets.set(name, { value, version: String(++this.#versions) });
            this.published.push({ at: this.clock, name, value });
          }),
      },
      states: {
        certificate: (id) => call(() => CertificateState.parse(load(`certificate#${id}`) ?? {})),
        saveCertificate: (id, state, token) => call(() => save(`certificate#${id}`, state, token)),
        renewalInfo: (id) => call(() => RenewalInfo.optional().parse(load(`renewal-info#${id}`) ?? undefined)),
        saveRenewalInfo: (id, info) => call(() => save(`renewal-info#${id}`, info, 0)),
        authorities: (id) => call(() => AuthoritySet.optional().parse(load(`authorities#${id}`) ?? undefined)),
        saveAuthorities: (id, set, token) => call(() => save(`authorities#${id}`, set, token)),
      },
      leases: {
        take: (until) =>
          call(() => {
            need("table");
            if (this.#lease.endsAt > this.#now() && this.#lease.endsAt < this.#now() + 20 * minuteMs) return undefined;
            const mine = { holder: ++this.#holders, token: this.#lease.token + 1, endsAt: until.getTime() };
            this.#lease = mine;
            return {
              token: mine.token,
              check: () =>
                call(() => {
                  need("table");
                  if (this.#lease.holder !== mine.holder || mine.endsAt <= this.#now()) throw new Superseded("lease");
                }),
              release: () =>
                call(() => {
                  if (this.#lease.holder === mine.holder) this.#lease = { ...mine, endsAt: 0 };
                }).catch(() => undefined),
            };
          }),
      },
      servers: {
        reports: () =>
          call(() => new Map([...this.serving.keys()].map((server) => [server, this.#report(server)] as const))),
      },
      issuer: (name) => tampered(name === "acme" ? acme : privateIssuer),
      newAuthority: (issuer, now) => newPrivateAuthority(issuer, now),
      fetchRenewalInfo: (certificate) =>
        call(() => {
          this.asked.push(this.clock);
          need("acme");
          return { window: this.renewalWindow?.(certificate), retryAfterMs: 6 * hourMs };
        }),
      removeChallenges: (values) => challenges.remove([...values]),
      log: silent,
      metric: () => undefined,
    };
  }

  /** A public authority that looks into the zone. */
  #acmeServer(call: <T>(effect: () => T | Promise<T>) => Promise<T>): AcmeServer {
    const need = () => {
      if (this.down.acme) throw new Error("acme is down");
    };
    return {
      order: (names) =>
        call(() => {
          need();
          this.orders.push({ at: this.clock, names: names.join() });
          const challenges = names.map((name, index) => ({
            record: `_acme-challenge.${name.replace(/^\*\./, "")}`,
            value: `${this.orders.length}-${index}`,
          }));
          return {
            challenges,
            validate: (pause) =>
              call(async () => {
                need();
                await pause(3);
                const missing = challenges.find(({ record, value }) => !this.zone.has(`${record} ${value}`));
                if (missing) throw new Error(`not found: ${missing.record}`);
              }),
            finalize: (request) =>
              call(async () => {
                need();
                this.#authority ??= createAuthority("public", 100 * 365 * dayMs, new Date(this.clock));
                const authority = await this.#authority;
                this.signed.push({ at: this.clock, names: names.join() });
                const own = await signRequest(authority, request, new Date(this.clock - hourMs), this.lifetimeMs);
                return `${own}${authority.cert}`;
              }),
          };
        }),
    };
  }
}

/** Settings of a cluster with a public certificate and private ones. */
export function memorySettings(
  certificates: Partial<Settings["certificates"][number]>[] = [{ issuer: "acme" }],
): Settings {
  const managed = certificates.map((certificate, index) => ({
    id: `c${index}`,
    secret: `s${index}`,
    names: [`c${index}.example.com`],
    issuer: "acme",
    usages: ["server" as const],
    ...certificate,
  }));
  const issuers = managed.map(({ issuer }) => issuer).filter((issuer) => issuer !== "acme");
  return {
    certificates: managed,
    stateTable: "table",
    authorities: Object.fromEntries(issuers.map((issuer) => [issuer, `authority-${issuer}`])),
    privateCaArns: {},
    serverLogs: { "server 0": "log-0", "server 1": "log-1" },
    acme: { directoryUrl: "https://acme.example.com/dir", accountSecret: "account", hostedZoneId: "Z1" },
    logLevel: "silent",
  };
}
