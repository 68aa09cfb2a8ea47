import { splitPem } from "../x509/pem";
import type { Lease } from "./ports";
import { proveLoaded, type StoredCertificate } from "./proof";
import {
  type Authority,
  AuthoritySet,
  afterStep,
  bundle,
  needsProof,
  type RolloverStep,
  rolloverStep,
} from "./rollover";
import { type Run, reasonOf } from "./run";

/** The authorities of an issuer as they are stored. */
export interface StoredSet {
  set: AuthoritySet;
  /** Version of the secret; undefined for a set in the table. */
  version?: string;
}

/**
 * Reads the authorities of a private issuer; undefined when it has none yet.
 *
 * @throws when the stored value is no set: it is never overwritten, since the keys in it may be all that exist
 */
export async function readAuthorities({ settings, ports }: Run, issuer: string): Promise<StoredSet | undefined> {
  const secret = settings.authorities[issuer];
  if (secret === undefined) {
    const set = await ports.states.authorities(issuer);
    return set && { set };
  }
  const stored = await ports.secrets.read(secret);
  if (!stored) return undefined;
  const { data } = AuthoritySet.safeParse(parse(stored.value));
  if (!data) throw new Error(`secret ${secret} holds no authorities: restore its previous version`);
  return { set: data, version: stored.version };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Facts about the certificates of an issuer that its rollover depends on. */
export interface Issued {
  authority?: string;
  authorities?: string;
  valid: boolean;
}

/** The next step of an issuer's rollover; `create` when it has no authority yet. */
export function nextStep(
  run: Run,
  issuer: string,
  stored: StoredSet | undefined,
  certificates: readonly Issued[],
): RolloverStep | "create" | undefined {
  if (!stored) return "create";
  const { set } = stored;
  const arn = run.settings.privateCaArns[issuer];
  const settled = certificates.every(
    ({ valid, authority, authorities }) => valid && authority === signerOf(set) && authorities === bundle(set),
  );
  const replace = run.roll.includes(issuer) || arn !== set.current.arn;
  return rolloverStep({ now: run.ports.now(), set, replace, settled });
}

/** The authority that signs, as `inspect` names it. */
export const signerOf = ({ current }: AuthoritySet): string => splitPem(current.certificate)[0] ?? "";

/**
 * Takes the step and stores the set that follows, if this run still has the lease.
 *
 * @param certificates of the issuer, as they are stored
 * @throws as long as a server has not loaded what the step takes for loaded
 */
async function takeStep(
  run: Run,
  issuer: string,
  stored: StoredSet | undefined,
  certificates: readonly StoredCertificate[],
  step: RolloverStep | "create",
  lease: Lease,
): Promise<void> {
  const { ports, settings } = run;
  const now = ports.now();
  if (stored && step !== "create" && needsProof(stored.set, step, now)) await proveLoaded(ports.servers, certificates);
  const makesOne = step === "create" || step === "introduce" || step === "replace";
  const fresh: Authority | undefined = makesOne
    ? await ports.newAuthority(issuer, now, settings.privateCaArns[issuer])
    : undefined;
  const set = stored
    ? afterStep(stored.set, step as RolloverStep, now, fresh)
    : fresh && { version: 1 as const, current: fresh };
  if (!set) return;
  await lease.check();
  const secret = settings.authorities[issuer];
  if (secret === undefined) await ports.states.saveAuthorities(issuer, set, lease.token);
  else await ports.secrets.write(secret, JSON.stringify(set), stored?.version);
  ports.log.info({ issuer, step }, "authorities changed");
}

/** As `takeStep`, but a failure leaves the issuer's authorities as they are. @returns the reason of a failure */
export async function tryStep(...parameters: Parameters<typeof takeStep>): Promise<string | undefined> {
  const [run, issuer, , , step] = parameters;
  try {
    await takeStep(...parameters);
    return undefined;
  } catch (error) {
    const reason = reasonOf(error);
    run.ports.log.error({ issuer, step, reason }, "authorities not changed");
    return reason;
  }
}
