import { covers, widest } from "../../../runtime/subjects/spec";
import { isSame, type Narrowed, narrowedGrants, noLonger } from "../../change";
import { doorChanges } from "../doors";
import type { ReviewInput } from "../model";
import type { ReviewRule } from "../rule";

/** Rights that somebody gets: those that would be taken away by the way back. */
export const gainedGrants = ({ before, after }: Pick<ReviewInput, "before" | "after">): Narrowed[] =>
  before && after ? narrowedGrants(after.topology, before.topology) : [];

/** Interfaces that stand behind subjects, and what a right to publish there means. */
const powers: readonly [subject: string, power: string][] = [
  ["$JS.API.STREAM.DELETE.X", "delete streams"],
  ["$JS.API.STREAM.PURGE.X", "purge streams"],
  ["$KV.X.Y", "write every bucket"],
  ["_INBOX.X.Y", "answer for others"],
];

/** A right in words: everything, with what is behind it, or the subject alone. */
function inWords(right: string): string {
  const [direction = "", subject = ""] = right.split(" ");
  if (subject === "") return right;
  const wide = widest(subject);
  const reached = direction === "publish" ? powers.filter(([one]) => covers(wide, one)).map(([, power]) => power) : [];
  const where = wide === ">" ? "everywhere, $JS.API.> included" : subject;
  return `${direction} ${where}${reached.length > 0 ? `: that is to ${reached.join(", ")}` : ""}`;
}

const isGrave = (right: string): boolean => {
  const [, subject = ""] = right.split(" ");
  return [">", "*.>"].includes(widest(subject)) || /^\$(JS|KV|O|SYS)\b/.test(subject);
};

/** One line for one who: lint says the same of what is wrong by itself; here it is that it is new. */
const lineOf = ({ at, who, what, account }: Narrowed) => ({
  at,
  message: `${who} in ${account} may now ${what.map(inWords).join("; ")}`,
});

const widelyGained: ReviewRule = {
  id: "rights-gained-widely",
  severity: "error",
  title: "Somebody gets rights over JetStream, buckets or everything",
  reason:
    "Who may publish there deletes streams, forges acknowledgements and answers for others, whatever else is limited.",
  fix: "name the subjects that are needed; a service says what it uses",
  check: (input) =>
    gainedGrants(input)
      .filter(({ what }) => what.some(isGrave))
      .map(lineOf),
};

const gained: ReviewRule = {
  id: "rights-gained",
  severity: "warning",
  title: "Somebody gets more rights",
  reason: "Rights are seldom taken back: who has code that uses them is not known.",
  fix: "see that exactly these are needed",
  check: (input) =>
    gainedGrants(input)
      .filter(({ what }) => !what.some(isGrave))
      .map(lineOf),
};

const lost: ReviewRule = {
  id: "rights-lost",
  severity: "warning",
  title: "Somebody loses rights",
  reason: "Programs that use them fail: their messages are refused, and only their logs say so.",
  fix: "see that nobody needs them any more",
  check: ({ change, before, after }) =>
    before && after
      ? change.narrowed.map(({ at, who, what, account }) => ({
          at,
          message: `${who} in ${account} ${noLonger(what)}`,
        }))
      : [],
};

const loginChanged: ReviewRule = {
  id: "login-changed",
  severity: "error",
  title: "Tokens of another issuer or audience are accepted",
  reason: "Whoever has such a token gets in, and whoever has one of before does not.",
  fix: "let somebody of the identity provider confirm it",
  check: ({ before, after }) => {
    const [from, to] = [before?.topology.identity.oidc, after?.topology.identity.oidc];
    if (!from || !to) return [];
    const fields = (["issuer", "audience", "jwksUri", "algorithms"] as const).filter(
      (key) => !isSame(from[key], to[key]),
    );
    return fields.map((field) => ({
      at: `identity.oidc.${field}`,
      message: `${String(from[field] ?? "the default")} becomes ${String(to[field] ?? "the default")}`,
    }));
  },
};

const doorOpened: ReviewRule = {
  id: "door-opened",
  severity: "warning",
  title: "A listener can be reached by others than before",
  reason: "What can be reached is tried.",
  fix: "see that it is meant, and for whom",
  check: ({ before, after }) =>
    before
      ? doorChanges(before.topology, after?.topology)
          .filter(
            ({ cluster, to }) => to !== undefined && before.topology.clusters.some(({ name }) => name === cluster),
          )
          .map(({ cluster, listener, from, to }) => ({
            at: `clusters.${cluster}`,
            message: `${listener} of ${cluster} is ${to}; it was ${from ?? "closed"}`,
          }))
      : [],
};

const namesChanged: ReviewRule = {
  id: "names-changed",
  severity: "error",
  title: "A name that clients dial is served no more",
  reason:
    "Clients that were told the old name find nobody, or a certificate of another name, until each is told the new one.",
  fix: "serve both names until every client is told: a second cluster, or a record of your own",
  check: ({ before, after }) =>
    (before?.topology.clusters ?? []).flatMap((old) => {
      const now = after?.topology.clusters.find(({ name }) => name === old.name);
      if (!now) return [];
      const dialled = ({ certificates }: typeof old) =>
        certificates.filter(({ id }) => id === "public" || id === "internal").flatMap(({ names }) => names);
      const gone = dialled(old).filter(
        (name) => !dialled(now).includes(name) && !old.servers.some(({ host }) => host === name),
      );
      return gone.map((name) => ({ at: `clusters.${old.name}`, message: `nobody answers as ${name} any more` }));
    }),
};

const keysWithoutOverlap: ReviewRule = {
  id: "keys-without-overlap",
  severity: "error",
  title: "Keys are replaced at once",
  reason: "What the old key signed is refused before anybody has something of the new one: nobody logs in in between.",
  fix: "natsform keys rotate, deploy, and natsform keys rotate --finish: both are accepted in between",
  check: ({ trust }) => (trust?.withoutOverlap ?? []).map((name) => ({ at: name, message: `${name} is another one` })),
};

const keysChanged: ReviewRule = {
  id: "keys-changed",
  severity: "warning",
  title: "Keys in the trust file become others",
  reason: "Whoever holds the seeds of the new ones gets in.",
  fix: "see that natsform keys made them, and who has run it",
  check: ({ trust }) => (trust && trust.changed.length > 0 ? [{ at: "trust", message: trust.changed.join(", ") }] : []),
};

export const accessRules: readonly ReviewRule[] = [
  keysWithoutOverlap,
  loginChanged,
  namesChanged,
  widelyGained,
  keysChanged,
  gained,
  lost,
  doorOpened,
];
