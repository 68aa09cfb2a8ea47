import { type Attack, denied, type Expectation, type Family } from "./attack";
import { narrow } from "./narrow";
import type { Random } from "./random";
import { type Claims, claims } from "./world";

const HOSTILE = [
  ..."*>._-$|:/\\ \t\r\n\u0000\u007f{}()%&`'\"",
  ..."\u00a0\u2028\u200f\u202e\ufeff\u0430\u0435\u00e9e\u0301\u212b\ud83d\ude00\u{10ffff}",
];
const WHOLE = [
  "*",
  ">",
  "a.*",
  "a.>",
  "a.b",
  "..",
  ".a",
  "a.",
  " ",
  "\t",
  "\r\n",
  "\u0000",
  "$SYS",
  "$JS.API.>",
  "_INBOX",
  "_INBOX.bob",
  "_2a",
  "_U",
  "alice\r\nPUB $SYS.REQ 0",
  "caf\u00e9",
  "cafe\u0301",
  "\u0430lice",
  "alice\u200f",
  "{sub}",
  "{{name()}}",
  "{{tag(team)}}",
  "$&",
  "$`",
  "$'",
  "$1",
  "${" + "sub}",
  "constructor",
  "__proto__",
];

function identity(random: Random): string {
  const kind = random.next();
  if (kind < 0.2) return random.pick(WHOLE);
  if (kind < 0.3) return `auth0|${random.pick(WHOLE)}`;
  if (kind < 0.35) return "a".repeat(random.pick([254, 255, 256, 300, 5000]));
  if (kind < 0.4) return "\u00e9".repeat(random.pick([127, 128]));
  return random.list(random.int(1, 12), () => (random.chance(0.6) ? random.pick(HOSTILE) : random.word(1))).join("");
}

const fromIssuer = (name: string, changes: Claims, expected: Expectation): Omit<Attack, "family"> => ({
  name: `${name}: ${JSON.stringify(changes).slice(0, 80)}`,
  sent: { kind: "claims", claims: claims(changes) },
  expected,
});
const isFit = (text: string) => Buffer.byteLength(text) <= 255;

/** A value that a subject could be made of. */
function team(random: Random): unknown {
  return random.chance(0.75)
    ? identity(random)
    : random.pick<unknown>([null, true, {}, [], "", 1.5, -0, 1e21, 2 ** 53, 2 ** 53 - 1, random.int(-5, 5), ["x"]]);
}

/** Families P1 to P5: the issuer itself signs what a hostile user of it has chosen. */
export const identities: readonly Family[] = [
  {
    id: "P1",
    about: "a sub that means something in a subject, a template or a replacement",
    signed: false,
    make(_, random) {
      const sub = identity(random);
      return fromIssuer("sub", { sub }, isFit(sub) ? narrow({ sub }) : denied("identity_refused"));
    },
  },
  {
    id: "P2",
    about: "a claim that would add a queue group, a wildcard or a token to a subject",
    signed: false,
    make(_, random) {
      const teams = random.pick([
        `${random.word()} ${random.word()}`,
        [`${random.word()} workers`, "> *", "a b c"],
        ["red", "*", ">", "red.>", "red.*"],
        random.list(random.int(1, 6), () => random.pick(WHOLE)),
      ]);
      return fromIssuer("teams", { teams }, narrow({ teams }));
    },
  },
  {
    id: "P3",
    about: "a claim that leaves a list of permissions empty or an exception unsaid",
    signed: false,
    make(_, random) {
      const teams = random.pick<() => unknown>([
        () => undefined,
        () => [],
        () => random.pick([null, "", {}, true, [null], [""], [[]], [{}]]),
        () => random.list(random.int(1, 5), () => team(random)),
        () => ["red", team(random)],
        () => team(random),
      ])();
      return fromIssuer("teams", { teams }, narrow({ teams }));
    },
  },
  {
    id: "P4",
    about: "claims that name an account, a user or permissions",
    signed: false,
    make(_, random) {
      const account = random.pick(["SYS", "AUTH", "$SYS", "$G", "OPS", "APP ", "*", "__proto__", random.word()]);
      const key = random.pick(["account", "nats_account", "issuer_account", "aud_account", "tenant", "acc"]);
      const nats = { type: "user", pub: { allow: [">"] }, sub: { allow: [">"] }, issuer_account: account };
      const changes = random.pick<Claims>([
        { [key]: account },
        { [key]: [account] },
        { nats },
        { permissions: { publish: { allow: [">"] }, subscribe: { allow: [">"] } } },
        { name: account, user: "sys", nickname: ">" },
        { when: [], rules: [{ account }], maxLifetimeSeconds: 1e9 },
        { constructor: { prototype: { account } } },
        // Read from JSON, 9007199254740993 is the number that a rule names.
        { number: random.pick([2 ** 53, -(2 ** 53), 1e300, String(2 ** 53), [2 ** 53]]) },
      ]);
      return fromIssuer("claims", changes, narrow({}));
    },
  },
  {
    id: "P5",
    about: "roles that resemble the one that counts, in another shape or number",
    signed: false,
    make(_, random) {
      const wrong: unknown = random.pick<() => unknown>([
        () => random.anyCase("admin").replace(/^admin$/, "ADMIN"),
        () => [random.pick(["Admin", "admin ", " admin", "administrator", "xadmin", "admin\u0000", "\u0430dmin"])],
        () => [["admin"]],
        () => ({ admin: true }),
        () => ({ 0: "admin", length: 1 }),
        () => random.pick([null, true, 1, 0, "", "admin,editor", "administrator", "admin\teditor"]),
        () => Array.from({ length: random.int(500, 2000) }, () => "a"),
        () => [{ toString: "admin" }, { name: "admin" }],
      ])();
      const changes = random.pick<() => Claims>([
        () => ({ realm_access: { roles: wrong } }),
        () => ({ realm_access: [{ roles: ["admin"] }] }),
        () => ({ realm_access: { Roles: ["admin"], role: "admin" } }),
        () => ({ realm_access: JSON.stringify({ roles: ["admin"] }) }),
        () => ({ roles: ["admin"], role: "admin", groups: ["admin"], scope: "admin" }),
        () => ({ resource_access: { realm_access: { roles: ["admin"] } } }),
      ])();
      if (random.chance(0.1)) {
        // Too many, or so long that three times their encoding would not fit into an answer.
        const many = random.chance(0.5)
          ? Array.from({ length: random.int(257, 1500) }, (_, i) => `t${i}`)
          : Array.from({ length: 85 }, (_, i) => `${"\u00e9".repeat(58)}${i}`);
        return fromIssuer("teams", { teams: many }, denied("too_many_subjects"));
      }
      return fromIssuer("roles", changes, narrow({}));
    },
  },
];
