import { admitUser } from "../../../runtime/auth-callout/decision";
import { type HandlerContext, handleRequest, type Outcome } from "../../../runtime/auth-callout/handler";
import { readKeySet } from "../../../runtime/auth-callout/jwks";
import { Denial } from "../../../runtime/auth-callout/reasons";
import type { Admission } from "../../../runtime/auth-callout/response";
import { type TokenClaims, verifyToken } from "../../../runtime/auth-callout/token";
import type { Admitted, Attack, Sent } from "./attack";
import { Random } from "./random";
import { SKEW_SECONDS, type World } from "./world";

/** What an attack came to. */
export interface Judged {
  verdict: "admitted" | "denied" | "refused";
  reason?: string;
  admission?: Admission;
  /** Downloads of the issuer's keys that it caused. */
  fetches: number;
  /** Of the whole path. */
  outcome?: Outcome;
}

/** Delivers an attack as nats-server delivers it: sealed and signed, through everything up to the sealed answer. */
export async function deliver(world: World, { sent }: Attack): Promise<Judged> {
  const random = new Random(0);
  const send = (token: string, context = world.context) => {
    const message = world.seal(world.natsJwt(world.request(random, { auth_token: token })));
    return handleRequest(message, world.serverXkey.publicKey, context);
  };
  return judged(world, sent, async () => {
    if (sent.kind === "message") return fromOutcome(await handleRequest(sent.message, sent.senderXkey, world.context));
    if (sent.kind === "claims") return fromOutcome(await send(world.token(sent.claims)));
    if (sent.kind === "keySet") return fromOutcome(await send(sent.token, withKeySet(world, sent.keySet)));
    return after(world, sent, async (token) => fromOutcome(await send(token)));
  });
}

/** Shows an attack to the part that decides about it alone, a hundred times as fast. */
export async function decide(world: World, attack: Attack): Promise<Judged> {
  const { sent } = attack;
  if (sent.kind === "message") return deliver(world, attack);
  const { context } = world;
  return judged(world, sent, async () => {
    try {
      if (sent.kind === "claims") return admitted(world, sent.claims as TokenClaims);
      const { verifyToken: verify } = sent.kind === "keySet" ? withKeySet(world, sent.keySet) : context;
      const one = async (token: string) => admitted(world, await verify(token, world.now));
      return await (sent.kind === "keySet" ? one(sent.token) : after(world, sent, one));
    } catch (error) {
      if (error instanceof Denial) return { verdict: "denied", reason: error.reason };
      throw error;
    }
  });
}

type Verdict = Omit<Judged, "fetches">;

async function judged(world: World, sent: Sent, run: () => Promise<Verdict>): Promise<Judged> {
  world.passCooldown();
  const before = world.fetches;
  try {
    const verdict = await run();
    return { ...verdict, fetches: world.fetches - before };
  } finally {
    if (sent.kind === "token" && sent.laterSeconds) world.now -= sent.laterSeconds;
  }
}

/** The valid token first, then the attack. */
async function after(
  world: World,
  sent: Sent & { kind: "token" },
  run: (token: string) => Promise<Verdict>,
): Promise<Verdict> {
  const first = sent.after === undefined ? undefined : await run(sent.after);
  world.now += sent.laterSeconds ?? 0;
  if (first && first.verdict !== "admitted") throw new Error(`the valid token was ${first.verdict}: ${first.reason}`);
  return run(sent.token);
}

function withKeySet(world: World, keySet: string): HandlerContext {
  const findKey = async (kid: string) => {
    try {
      return readKeySet(keySet, ["RS256"]).get(kid);
    } catch {
      // As the key store does with a document that it cannot use.
      throw new Denial("jwks_unavailable");
    }
  };
  return { ...world.context, verifyToken: (token, now) => verifyToken(token, world.tokenPolicy(findKey), now) };
}

const admitted = (world: World, claims: TokenClaims): Verdict => ({
  verdict: "admitted",
  admission: admitUser(world.context.rules, claims, SKEW_SECONDS, world.now),
});

const fromOutcome = (outcome: Outcome): Verdict => ({
  verdict: outcome.verdict,
  outcome,
  ...(outcome.verdict === "admitted" ? { admission: outcome.admission } : { reason: outcome.reason }),
});

/** What is wrong with what became of an attack; undefined when nothing is. */
export function problem({ expected, fetches = false }: Attack, judged: Judged): string | undefined {
  const { verdict, reason, admission } = judged;
  if (judged.fetches > (fetches ? 1 : 0)) return `${judged.fetches} downloads of keys`;
  if (verdict !== expected.verdict) return `${verdict} ${reason ?? JSON.stringify(admission)}, not ${expected.verdict}`;
  if (expected.verdict !== "admitted") {
    const isRight = (expected.reasons as readonly (string | undefined)[]).includes(reason);
    return isRight ? undefined : `${verdict} for ${reason}, not for ${expected.reasons.join(" or ")}`;
  }
  const got = admission && plain(admission);
  return got === plain(expected.as) ? undefined : `admitted as ${got}, not as ${plain(expected.as)}`;
}

/** One text for one set of rights, whatever the order in which they are listed. */
function plain(rights: Admission | Admitted): string {
  const { account, name, publish, subscribe } = "grant" in rights ? rights.grant : rights;
  const lists = [publish.allow, publish.deny, subscribe.allow, subscribe.deny].map((list) => [...list].sort());
  return JSON.stringify([account, name, lists, rights.expiresAt]);
}
