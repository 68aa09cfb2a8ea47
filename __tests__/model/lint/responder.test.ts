import fc from "fast-check";
import { AuthRules } from "../../../runtime/auth-callout/rules";
import { lintChanged } from "../../support/lint-environment";

/**
 * A responder that refuses its rules does not start, and then nobody gets in. So lint must find everything that the
 * schema of model/config accepts and the responder does not.
 */
const responderAccepts = (changes: object) =>
  AuthRules.safeParse({ mode: "callout", accounts: { APP: { id: "APP" } }, permissions: [], services: {}, ...changes })
    .success;
const foundAnyOf = (rules: readonly string[], changes: Record<string, unknown>) =>
  lintChanged(changes).findings.some((finding) => rules.includes(finding.rule));
const found = (rule: string, changes: Record<string, unknown>) => foundAnyOf([rule], changes);

const reservedRules = [
  "grant-everything",
  "grant-inboxes",
  "grant-jetstream-api",
  "grant-buckets",
  "grant-system-subjects",
  "grant-acknowledgements",
];
const token = fc.constantFrom(
  ...["_INBOX", "_R_", "_GR_", "_NATSFORM", "$SYS", "$KV", "$O", "$JS", "API", "ACK", "FC", "hub"],
  ...["STREAM", "CONSUMER", "MSG", "NEXT", "INFO", "CREATE", "DIRECT", "GET", "ORDERS", "KV_A", "a", "*", "{sub}"],
);
const template = fc
  .tuple(fc.array(token, { minLength: 1, maxLength: 6 }), fc.boolean())
  .map(([tokens, open]) => [...tokens, ...(open ? [">"] : [])].join("."));
const key = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

test.each(["publish", "subscribe"])(
  "lint finds what the responder refuses of %s, and for services no more",
  (direction) => {
    fc.assert(
      fc.property(template, (allowed) => {
        const grant = {
          account: "APP",
          publish: { allow: [] },
          subscribe: { allow: [] },
          [direction]: { allow: [allowed] },
        };
        const lintFinds = (changes: Record<string, unknown>) => foundAnyOf(reservedRules, changes);
        const ofUsers = !responderAccepts({ permissions: [grant] });
        // Holders of tokens may not even have the requests that destroy a stream that is named.
        if (ofUsers) expect(lintFinds({ "identity.permissions[2]": grant })).toBe(true);
        if (allowed.includes("{")) return;
        const ofServices = !responderAccepts({ services: { [key]: { name: "api", ...grant } } });
        expect(lintFinds({ "identity.services.api": grant })).toBe(ofServices);
      }),
      { numRuns: 1000 },
    );
  },
);

test("service-placeholder finds what the responder refuses of services", () => {
  const service = (allowed: string) => ({ account: "APP", publish: { allow: [allowed] }, subscribe: { allow: [] } });
  for (const allowed of ["a.b", "a.{sub}", "{realm.id}.b"]) {
    const accepted = responderAccepts({ services: { [key]: { name: "api", ...service(allowed) } } });
    expect(found("service-placeholder", { "identity.services.api": service(allowed) })).toBe(!accepted);
  }
});

test.each(["500ms", "1s", "24h", "25h"])(
  "connection-lifetime finds what the responder refuses of %s",
  (maxLifetime) => {
    const ms = { "500ms": 500, "1s": 1000, "24h": 86_400_000, "25h": 90_000_000 }[maxLifetime] ?? 0;
    const accepted = responderAccepts({ maxLifetimeSeconds: Math.floor(ms / 1000) });
    expect(found("connection-lifetime", { "identity.maxLifetime": maxLifetime })).toBe(!accepted);
  },
);
