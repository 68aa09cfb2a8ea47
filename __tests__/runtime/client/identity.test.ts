import fc from "fast-check";
import { createUser } from "nkeys.js";
import { RESPONDER_INBOX_PREFIX, SERVERS_ANSWER_PREFIX } from "../../../runtime/auth-callout/contract";
import { BACKUP_INBOX } from "../../../runtime/backup/contract";
import { RENEWAL_INBOX } from "../../../runtime/certificate-renewal/contract";
import { encodeIdentity, IdentityError, inboxPrefix, serviceInboxPrefix, userName } from "../../../runtime/client";
import { STREAMS_INBOX } from "../../../runtime/streams/contract";

/** What an attacker would choose as `sub`. */
const HOSTILE = [
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
  "\0",
  "$SYS",
  "$JS",
  "_INBOX",
  "_INBOX.>",
  "\u00e9",
  "e\u0301",
  "аlice",
  "alice",
  "\u200falice",
  "{{name()}}",
  "{sub}",
  "$&",
  "$`",
  "$'",
  "auth0|1",
  "auth0_7c1",
];
const wellFormed = fc.string({ unit: "binary", minLength: 1, maxLength: 60 });

test("an identity becomes one token of a closed alphabet", () => {
  fc.assert(
    fc.property(fc.oneof(wellFormed, fc.constantFrom(...HOSTILE)), (sub) => {
      expect(encodeIdentity(sub)).toMatch(/^[A-Za-z0-9_-]+$/);
    }),
    { numRuns: 5000 },
  );
});

test("the encoding can be undone, so no two identities share a token", () => {
  const decode = (token: string) =>
    Buffer.from(
      token.replace(/_(..)|(.)/g, (_, hex, plain) => hex ?? plain.charCodeAt(0).toString(16)),
      "hex",
    ).toString("utf8");
  fc.assert(
    fc.property(fc.oneof(wellFormed, fc.constantFrom(...HOSTILE)), (sub) => {
      expect(decode(encodeIdentity(sub))).toBe(sub);
    }),
    { numRuns: 5000 },
  );
  expect(new Set(HOSTILE.map(encodeIdentity)).size).toBe(HOSTILE.length);
});

test.each([
  ["alice", "alice"],
  ["auth0|5f7c", "auth0_7c5f7c"],
  ["a.b", "a_2eb"],
  ["_", "_5f"],
  ["é", "_c3_a9"],
])("%s is encoded as %s", (sub, token) => {
  expect(encodeIdentity(sub)).toBe(token);
  expect(inboxPrefix(sub)).toBe(`_INBOX.${token}`);
});

test.each([
  ["nothing", ""],
  ["a lone surrogate", "a\ud800"],
  ["300 letters", "a".repeat(300)],
  ["128 letters of two bytes", "é".repeat(128)],
])("%s is refused", (_, sub) => {
  expect(() => encodeIdentity(sub)).toThrow(IdentityError);
});

test("no user can have an inbox or the name of a program, a service or a fixed user", () => {
  const programs = [BACKUP_INBOX, STREAMS_INBOX, RENEWAL_INBOX, RESPONDER_INBOX_PREFIX, SERVERS_ANSWER_PREFIX];
  for (const own of programs) expect(own).toMatch(/^_NATSFORM\./);
  fc.assert(
    fc.property(wellFormed, (sub) => {
      // What may publish to the inboxes of all identities reaches those of no program.
      expect(inboxPrefix(sub)).toMatch(/^_INBOX\.[A-Za-z0-9_-]+$/);
      // Names of services and fixed users are labels and account names.
      expect(userName(sub)).toMatch(/^user:[A-Za-z0-9_-]+$/);
    }),
  );
});

test("no user can have the inbox of a service", () => {
  const nkey = createUser().getPublicKey();
  expect(serviceInboxPrefix(nkey)).toBe(`_INBOX._${nkey}`);
  fc.assert(fc.property(wellFormed, (sub) => !encodeIdentity(sub).startsWith("_U")));
});
