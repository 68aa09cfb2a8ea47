import { randomInt } from "node:crypto";
import { pino } from "pino";
import { logOutcome } from "../../../runtime/auth-callout/log-outcome";
import { userName } from "../../../runtime/client";
import { readNatsJwt } from "../../../runtime/nkeys/nats-jwt";
import {
  type Attack,
  attacksOf,
  deliver,
  families,
  makeWorld,
  problem,
  Random,
  type World,
} from "../../support/attacks";

/** Attacks of each family; `make bench` runs a million of the same. */
const SAMPLE = 150;
/** Another corpus with each run; a failure prints it, and with it the corpus can be made again. */
const seed = Number(process.env.ATTACK_SEED ?? randomInt(2 ** 31));

let world: World;
beforeAll(async () => {
  world = await makeWorld();
});

/** What the callout logs about attacks, one element a line. */
const lines: string[] = [];
const log = pino({ level: "trace" }, { write: (line: string) => lines.push(line) });

/** Parts of what was sent that no log may hold: long enough not to be there by chance. */
function secrets({ sent }: Attack): string[] {
  if (sent.kind === "message" || sent.kind === "claims") return world.good.split(".");
  return sent.token.split(/[.\s]/).filter((part) => part.length >= 20);
}

/** What a reply says that only its server may read; undefined unless sealed to that server and signed by our issuer. */
function openReply(reply: Uint8Array): { sub: string; aud: string; nats: Record<string, unknown> } | undefined {
  const content = world.serverXkey.open(reply, world.calloutXkey.publicKey);
  const read = content && readNatsJwt(Buffer.from(content).toString("utf8"), "A");
  if (!read || "problem" in read) return undefined;
  const claims = read.payload as ReturnType<typeof openReply> & { iss: string };
  return claims.iss === world.answerIssuer.publicKey ? claims : undefined;
}

/** What is wrong with the whole of what came of an attack. */
async function attempt(attack: Attack): Promise<string | undefined> {
  const linesBefore = lines.length;
  const judged = await deliver(world, attack);
  const wrong = problem(attack, judged);
  if (wrong !== undefined) return wrong;
  const { outcome } = judged;
  if (!outcome) return "no outcome";
  logOutcome(log, outcome);
  const logged = lines.slice(linesBefore);
  if (logged.length !== 1) return `${logged.length} log lines`;
  const leaked = secrets(attack).find((secret) => logged[0]?.includes(secret));
  if (leaked !== undefined) return `the log holds ${leaked}`;

  if (outcome.verdict === "refused") return "reply" in outcome ? "a refused message was answered" : undefined;
  const answer = openReply(outcome.reply);
  if (!answer) return "the answer is not signed by our issuer and sealed to the server that asked";
  if (answer.sub !== outcome.request.userNkey || answer.aud !== world.server.publicKey)
    return "the answer is for another";
  const { error, jwt } = answer.nats;
  return outcome.verdict === "admitted"
    ? admissionProblem(attack, String(jwt), outcome.request.userNkey)
    : jwt === undefined && error === outcome.reason
      ? undefined
      : `denied with ${JSON.stringify(answer.nats)}`;
}

/** The user JWT itself holds the encoded rights and no others. */
function admissionProblem({ expected }: Attack, jwt: string, userNkey: string): string | undefined {
  const read = readNatsJwt(jwt, "A");
  if ("problem" in read || expected.verdict !== "admitted") return "the user JWT cannot be read";
  const { publish, subscribe, name, account, expiresAt } = expected.as;
  const listed = ({ allow, deny }: typeof publish) => ({
    ...(allow.length > 0 && { allow: expect.arrayContaining(allow) }),
    ...(deny.length > 0 && { deny: expect.arrayContaining(deny) }),
  });
  expect(read.payload).toMatchObject({ name, aud: account, exp: expiresAt, sub: userNkey });
  const { pub, sub, resp } = (read.payload as { nats: Record<string, Record<string, string[]>> }).nats;
  expect([pub, sub, resp]).toEqual([listed(publish), listed(subscribe), undefined]);
  const subjects = [pub, sub].flatMap((lists) => Object.values(lists ?? {}).flat());
  const hostile = subjects.find((subject) => !/^(>|[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*(\.>)?)$/.test(subject));
  return hostile === undefined ? undefined : `the subject ${JSON.stringify(hostile)}`;
}

test.each(families)("$id: $about", async (family) => {
  const problems: string[] = [];
  for (const attack of attacksOf(family, world, new Random(seed), SAMPLE)) {
    const wrong = await attempt(attack);
    if (wrong !== undefined) problems.push(`${attack.name}: ${wrong}`);
  }
  expect({ seed, problems }).toEqual({ seed, problems: [] });
});

test("X3: a hundred replays get answers for the one user nkey of the request, each in its own seal", async () => {
  const x3 = families.find(({ id }) => id === "X3");
  if (!x3) throw new Error("there is no family X3");
  const [attack] = attacksOf(x3, world, new Random(seed), 1);
  const replies = new Set<string>();
  for (let i = 0; i < 100; i++) {
    const { outcome } = await deliver(world, attack as Attack);
    if (outcome?.verdict !== "admitted") throw new Error(`replay ${i} was ${outcome?.verdict}`);
    expect(openReply(outcome.reply)?.sub).toBe(outcome.request.userNkey);
    replies.add(Buffer.from(outcome.reply).toString("hex"));
  }
  expect(replies.size).toBe(100);
});

test("P1: no two identities get one name", async () => {
  const p1 = families.find(({ id }) => id === "P1");
  if (!p1) throw new Error("there is no family P1");
  const owners = new Map<string, string>();
  for (const { sent, expected } of attacksOf(p1, world, new Random(seed), 5000)) {
    if (sent.kind !== "claims" || expected.verdict !== "admitted") continue;
    const sub = String(sent.claims.sub);
    const name = userName(sub);
    expect(owners.get(name) ?? sub).toBe(sub);
    owners.set(name, sub);
  }
  expect(owners.size).toBeGreaterThan(2000);
});

test("one seed makes one corpus, another seed another one", () => {
  const corpus = (from: number) => {
    const random = new Random(from);
    // Sealing draws nonces of its own, so of messages only the names can be compared.
    return families.flatMap((family) =>
      attacksOf(family, world, random, 5).map(({ name, sent }) => [name, sent.kind === "message" ? "" : sent]),
    );
  };
  expect(corpus(seed)).toEqual(corpus(seed));
  expect(corpus(seed)).not.toEqual(corpus(seed + 1));
});

test("an attack that succeeds is told from one that fails", async () => {
  const [attack] = attacksOf(families[0] as (typeof families)[number], world, new Random(seed), 1) as [Attack];
  const succeeded: Attack = { ...attack, sent: { kind: "token", token: world.good } };
  expect(await attempt(succeeded)).toMatch(/^admitted /);
  const leaking = { ...attack, expected: { verdict: "denied", reasons: ["no_rule"] } } as Attack;
  expect(await attempt(leaking)).toContain("not for no_rule");
});
