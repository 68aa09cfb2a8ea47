import fc from "fast-check";
import { createUser } from "nkeys.js";
import { AuthRules } from "../../../runtime/auth-callout/rules";
import { reservedBy } from "../../../runtime/subjects/spec";

/** What a server does: looks whether a subject that is sent matches a grant. Made apart from what is tested. */
function matches(grant: string, subject: string): boolean {
  const parts = grant
    .split(".")
    .map((token) =>
      token === ">" ? ".+" : token === "*" || token.startsWith("{") ? "[^.]+" : token.replace("$", "\\$"),
    );
  return new RegExp(`^${parts.join("\\.")}$`).test(subject);
}

/** An account, as servers with js_ack_fc_v2 name it in acknowledgements. */
const hash = "aCcOuNt1";
const domains = ["hub", "edge"];
const interfaces = ["$JS.API", ...domains.map((domain) => `$JS.${domain}.API`)];
/** Subjects as clients and servers send them, about a stream and its consumer. */
const about = (stream: string, consumer: string): string[] => [
  ...interfaces.flatMap((prefix) =>
    [
      ...["CREATE", "UPDATE", "DELETE", "PURGE", "INFO", "SNAPSHOT", "RESTORE"].map(
        (verb) => `STREAM.${verb}.${stream}`,
      ),
      ...["MSG.GET", "MSG.DELETE", "LEADER.STEPDOWN", "PEER.REMOVE"].map((verb) => `STREAM.${verb}.${stream}`),
      `DIRECT.GET.${stream}`,
      `DIRECT.GET.${stream}.orders.new`,
      ...["NAMES", "LIST", "CREATE"].map((verb) => `CONSUMER.${verb}.${stream}`),
      ...["CREATE", "INFO", "DELETE", "DURABLE.CREATE", "MSG.NEXT", "LEADER.STEPDOWN"].map(
        (verb) => `CONSUMER.${verb}.${stream}.${consumer}`,
      ),
    ].map((request) => `${prefix}.${request}`),
  ),
  `$JS.ACK.${stream}.${consumer}.1.5.3.1700000000000000000.0`,
  `$JS.ACK.hub.${hash}.${stream}.${consumer}.1.5.3.1700000000000000000.0.x`,
  `$JS.SNAPSHOT.RESTORE.${stream}.q1`,
];
const one = about("ONE", "worker");
const other = about("TWO", "reader");

const token = fc.constantFrom(
  ...["*", "{sub}", "API", "hub", "ACK", "STREAM", "PURGE", "INFO", "MSG", "GET", "NEXT"],
  ...["CONSUMER", "CREATE", "DIRECT", "ONE", "worker", "1", "5", "SNAPSHOT"],
);
const anyGrant = fc
  .tuple(fc.array(token, { maxLength: 6 }), fc.boolean())
  .map(([tokens, open]) => ["$JS", ...tokens, ...(open ? [">"] : [])].join("."));
/** What is sent, with some of its tokens made wild and its end cut. No grant names the account, which is a hash there. */
const widened = fc
  .tuple(
    fc.constantFrom(...one),
    fc.array(fc.constantFrom("", "*", "{sub}"), { maxLength: 9 }),
    fc.nat(9),
    fc.boolean(),
  )
  .map(([subject, wild, length, open]) => {
    const [js = "", ...rest] = subject.split(".");
    const tokens = rest.map((token, i) => wild[i] || (token === hash ? "*" : token));
    return [js, ...(open ? [...tokens.slice(0, length), ">"] : tokens)].join(".");
  });

test("whoever is granted what is sent about two streams is refused", () => {
  let wide = 0;
  fc.assert(
    fc.property(fc.oneof(anyGrant, widened), (grant) => {
      if (!one.some((subject) => matches(grant, subject)) || !other.some((subject) => matches(grant, subject))) return;
      wide++;
      expect([grant, reservedBy(grant)]).toEqual([grant, expect.any(String)]);
    }),
    { numRuns: 20_000 },
  );
  expect(wide).toBeGreaterThan(2000);
});

test("who names the request, the stream and the consumer is not", () => {
  const own = one.filter((subject) => !subject.startsWith("$JS.SNAPSHOT."));
  for (const subject of own) expect([subject, reservedBy(subject)]).toEqual([subject, undefined]);
});

test.each([
  "$JS.hub.>",
  "$JS.hub.*.STREAM.PURGE.X",
  "$JS.hub.{sub}.STREAM.PURGE.X",
  "$JS.hub.*.>",
  "$JS.hub.API.>",
  "$JS.ACK.*.*.1.5.>",
  "$JS.ACK.*.*.2024.5.>",
])("%s is refused, also by the responder alone", (subject) => {
  expect(reservedBy(subject)).toEqual(expect.any(String));
  const user = createUser().getPublicKey();
  const lists = { account: "APP", publish: { allow: [subject] }, subscribe: { allow: [] } };
  const none = { mode: "callout", accounts: { APP: { id: "APP" } }, permissions: [], services: {} };
  const said = (input: object) => JSON.stringify(AuthRules.safeParse({ ...none, ...input }).error?.issues);
  expect(said({ permissions: [lists] })).toContain("would grant");
  expect(said({ services: { [user]: { name: "api", ...lists } } })).toContain("would grant");
});

test.each(["$JS.hub.other", "$JS.EVENT.>", "$JS.ACK.*.*.ONE.5.>", "$JS.ACK.ONE.5.>", "$JS.FC.ONE.>"])(
  "%s is nobody else's",
  (subject) => expect(reservedBy(subject)).toBeUndefined(),
);
