import fc from "fast-check";
import { createUser } from "nkeys.js";
import { MAX_SUBJECTS } from "../../../runtime/auth-callout/expand";
import { explainPermissions, type Grant, servicePermissions } from "../../../runtime/auth-callout/permissions";
import { AuthRules, type Rule } from "../../../runtime/auth-callout/rules";
import { encodeIdentity } from "../../../runtime/client";

const nothing = { publish: { allow: [] as string[] }, subscribe: { allow: [] as string[] } };
const rule = (parts: Partial<Rule> = {}): Rule => ({ account: "APP", ...nothing, ...parts });
const rulesOf = (...permissions: Rule[]): AuthRules =>
  AuthRules.parse({ mode: "callout", accounts: { APP: { id: "APP" }, OPS: { id: "OPS" } }, permissions, services: {} });
const explain = (rules: AuthRules, claims: Record<string, unknown> = {}) =>
  explainPermissions(rules, { sub: "alice", ...claims });
function granted(rules: AuthRules, claims?: Record<string, unknown>): Grant {
  const explanation = explain(rules, claims);
  if (!("grant" in explanation)) throw new Error(explanation.denied);
  return explanation.grant;
}
const publishing = (...allow: string[]) => rule({ publish: { allow } });

describe("the account", () => {
  const admin = rule({ account: "OPS", when: [{ claim: "realm_access.roles", includes: "admin" }] });

  test("is that of the first rule that applies", () => {
    expect(granted(rulesOf(admin, rule()), { realm_access: { roles: ["admin"] } }).account).toBe("OPS");
    expect(granted(rulesOf(admin, rule()), { realm_access: { roles: ["user"] } }).account).toBe("APP");
    expect(granted(rulesOf(rule(), admin), { realm_access: { roles: ["admin"] } }).account).toBe("APP");
  });

  test("is none when no rule applies", () => {
    expect(explain(rulesOf(admin))).toMatchObject({ denied: "no_rule" });
    expect(explain(rulesOf())).toMatchObject({ denied: "no_rule" });
  });
});

describe("a condition", () => {
  const applies = (when: Rule["when"], claims: Record<string, unknown>) =>
    "grant" in explain(rulesOf(rule({ when })), claims);

  test.each<[string, Rule["when"], Record<string, unknown>, boolean]>([
    ["equal text", [{ claim: "team", equals: "a" }], { team: "a" }, true],
    ["a number is not its text", [{ claim: "level", equals: 1 }], { level: "1" }, false],
    ["a list is not its element", [{ claim: "team", equals: "a" }], { team: ["a"] }, false],
    ["an element of a list", [{ claim: "roles", includes: "admin" }], { roles: ["user", "admin"] }, true],
    ["a word of text", [{ claim: "scope", includes: "read" }], { scope: "write read" }, true],
    ["not a part of a word", [{ claim: "scope", includes: "admin" }], { scope: "no-admin" }, false],
    ["not a part of an element", [{ claim: "roles", includes: "admin" }], { roles: ["not admin"] }, false],
    ["a key of an object is no element", [{ claim: "roles", includes: "admin" }], { roles: { admin: true } }, false],
    [
      "a claim whose name is a URL",
      [{ claim: "https://example.com/roles", includes: "a" }],
      { "https://example.com/roles": ["a"] },
      true,
    ],
    ["the literal name before the path", [{ claim: "a.b", equals: 1 }], { "a.b": 1, a: { b: 2 } }, true],
    [
      "all conditions",
      [
        { claim: "a", equals: 1 },
        { claim: "b", equals: 1 },
      ],
      { a: 1, b: 2 },
      false,
    ],
    ["nothing inherited", [{ claim: "constructor.name", equals: "Object" }], {}, false],
    ["nothing of text's own", [{ claim: "sub.length", equals: 5 }], {}, false],
  ])("%s", (_, when, claims, expected) => {
    expect(applies(when, claims)).toBe(expected);
  });

  test("10,000 roles are looked through", () => {
    const roles = Array.from({ length: 10_000 }, (_, index) => `role-${index}`);
    expect(applies([{ claim: "roles", includes: "role-9999" }], { roles })).toBe(true);
  });
});

describe("subjects", () => {
  test("are the union of all rules of the account, as they are without placeholders", () => {
    const rules = rulesOf(
      publishing("a.>", "b"),
      rule({ account: "OPS", publish: { allow: ["ops.>"] } }),
      publishing("b", "c.*"),
    );
    expect(granted(rules).publish).toEqual({ allow: ["a.>", "b", "c.*"], deny: [] });
  });

  test("have claims in place of whole tokens, encoded; a list gives one subject for each element", () => {
    const rules = rulesOf(publishing("u.{sub}.{team.id}.>", "r.{roles}"));
    const { publish } = granted(rules, { sub: "auth0|1", team: { id: 7 }, roles: ["a.b", "*", "a.b"] });
    expect(publish.allow).toEqual(["u.auth0_7c1.7.>", "r.a_2eb", "r._2a"]);
  });

  test("of a missing, empty or odd claim are left out, and the explanation names it", () => {
    for (const team of [undefined, null, "", [], {}, true, Number.NaN, "\ud800", "x".repeat(256)]) {
      const explanation = explain(rulesOf(publishing("kept", "t.{team}")), { team });
      expect(explanation).toMatchObject({
        grant: { publish: { allow: ["kept"], deny: [] } },
        rules: [{ missing: ["team"] }],
      });
    }
  });

  test("become a deny of everything when none is left: to NATS an empty list would allow everything", () => {
    expect(granted(rulesOf(publishing("t.{team}"))).publish).toEqual({ allow: [], deny: [">"] });
    expect(granted(rulesOf(rule())).publish).toEqual({ allow: [], deny: [">"] });
  });

  test("of a rule are withheld when its deny cannot be stated", () => {
    const except = rule({ publish: { allow: ["a.>"], deny: ["a.{team}.secret"] } });
    expect(granted(rulesOf(except, publishing("b")), { team: "x" }).publish).toEqual({
      allow: ["a.>", "b"],
      deny: ["a.x.secret"],
    });
    expect(granted(rulesOf(except, publishing("b"))).publish).toEqual({ allow: ["b"], deny: [] });
    expect(granted(rulesOf(except, publishing("b")), { team: ["x", {}] }).publish).toEqual({
      allow: ["b"],
      deny: ["a.x.secret"],
    });
  });

  test("are bounded", () => {
    const roles = Array.from({ length: MAX_SUBJECTS + 1 }, (_, index) => `role-${index}`);
    expect(explain(rulesOf(publishing("r.{roles}")), { roles })).toMatchObject({ denied: "too_many_subjects" });
    expect(explain(rulesOf(publishing("r.{roles}.{roles}")), { roles: roles.slice(0, 20) })).toMatchObject({
      denied: "too_many_subjects",
    });
    expect(granted(rulesOf(publishing("r.{roles}")), { roles: roles.slice(1) }).publish.allow).toHaveLength(
      MAX_SUBJECTS,
    );
  });

  test("can never be widened by a claim, whatever it holds", () => {
    const rules = rulesOf(rule({ publish: { allow: ["u.{sub}.{team}.x"] }, subscribe: { allow: ["{team}.>"] } }));
    const claim = fc.oneof(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.constantFrom("*", ">", "a.>", "a b", "$&", "$'", "{sub}", "{{name()}}"),
    );
    fc.assert(
      fc.property(
        claim.filter((sub) => sub !== ""),
        fc.oneof(claim, fc.array(claim, { maxLength: 5 }), fc.jsonValue()),
        (sub, team) => {
          const { publish, subscribe } = granted(rules, { sub, team });
          for (const subject of publish.allow) expect(subject).toMatch(/^u\.[\w-]+\.[\w-]+\.x$/);
          for (const subject of subscribe.allow) expect(subject).toMatch(/^[\w-]+\.([\w-]+\.)?>$/);
          expect(subscribe.allow.filter((subject) => subject.startsWith("_INBOX."))).toEqual([
            `_INBOX.${encodeIdentity(sub)}.>`,
          ]);
          expect(publish.allow.length + publish.deny.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 2000 },
    );
  });
});

test("an identity that has no encoding is denied", () => {
  expect(explain(rulesOf(rule()), { sub: "x".repeat(256) })).toMatchObject({ denied: "identity_refused" });
});

describe("who may answer", () => {
  const [mainApi, other] = [createUser().getPublicKey(), createUser().getPublicKey()];
  const inboxes = (nkey: string) => `_INBOX._${nkey}.>`;
  const service = (publish: string[], subscribe: string[], more: object = {}) => ({
    name: "api",
    account: "APP",
    publish: { allow: publish },
    subscribe: { allow: subscribe },
    ...more,
  });
  const answering = { allowResponses: true };
  const both = (subjects: string[]) => ({ publish: { allow: subjects }, subscribe: { allow: subjects } });

  test("a service that tokens may ask answers in inboxes of an identity's form, and in none of services that may not", () => {
    const rules = {
      ...rulesOf(rule({ publish: { allow: ["api.{sub}.>"] } })),
      services: { [mainApi]: service([], ["api.>"], answering), [other]: service(["jobs.>"], []) },
    };
    const grant = servicePermissions(rules, mainApi, rules.services[mainApi] as never);
    expect(grant.publish).toEqual({ allow: [inboxes(mainApi), "_INBOX.*.>"], deny: [inboxes(other)] });
    expect(grant).not.toHaveProperty("responses");
  });

  test("whoever hears what other accounts import answers them, on replies that the server makes", () => {
    const asked = (...subjects: string[]) => ({
      ...rulesOf(rule({ ...both(["api.bob"]), ...answering })),
      accounts: { APP: { id: "APP", asked: subjects }, OPS: { id: "OPS" } },
      services: { [mainApi]: service([], ["api.>"], answering), [other]: service([], ["api.>"]) },
    });
    const publish = (nkey: string, ...subjects: string[]) => {
      const rules = asked(...subjects);
      return servicePermissions(rules, nkey, rules.services[nkey] as never).publish.allow;
    };
    expect(publish(mainApi, "api.*")).toEqual([inboxes(mainApi), "_INBOX.*.>", "_R_.>"]);
    expect(publish(mainApi, "jobs.*")).not.toContain("_R_.>");
    expect(publish(other, "api.*")).not.toContain("_R_.>");
    const granted = (...subjects: string[]) => {
      const explained = explainPermissions(asked(...subjects) as never, { sub: "bob" });
      return "grant" in explained ? explained.grant.publish.allow : [];
    };
    expect(granted("api.*")).toContain("_R_.>");
    expect(granted("jobs.*")).not.toContain("_R_.>");
  });

  test("a service that only services may ask answers those alone", () => {
    const rules = {
      ...rulesOf(rule({ publish: { allow: ["news.>"] } })),
      services: { [mainApi]: service([], ["jobs.*"], answering), [other]: service(["jobs.>"], []) },
    };
    const { publish } = servicePermissions(rules, mainApi, rules.services[mainApi] as never);
    expect(publish).toEqual({ allow: [inboxes(mainApi), inboxes(other)], deny: [] });
  });

  test("what is denied to an asker, or to who answers, is not asked; another account's services are nobody's", () => {
    const rules = {
      ...rulesOf(rule({ publish: { allow: ["jobs.a"], deny: ["jobs.>"] } })),
      services: {
        [mainApi]: service([], ["jobs.*"], answering),
        [other]: service(["jobs.>"], [], { account: "OPS" }),
      },
    };
    expect(servicePermissions(rules, mainApi, rules.services[mainApi] as never).publish.allow).toEqual([
      inboxes(mainApi),
    ]);
  });

  test("the holder of a token answers services that may ask it, itself on another device, and no other holder", () => {
    const rules = {
      ...rulesOf(rule({ ...both(["user.{sub}.>"]), ...answering }), rule({ ...both(["news.>"]) })),
      services: { [mainApi]: service(["user.>"], []), [other]: service(["orders.>"], []) },
    };
    expect(granted(rules).publish).toEqual({
      allow: ["user.alice.>", "news.>", inboxes(mainApi), "_INBOX.alice.>"],
      deny: [],
    });
  });

  test("those behind a leaf node are answered in the inboxes of their link, where it may ask", () => {
    const link = (leaf: string, ...allow: string[]) => ({
      account: "APP",
      inboxes: `_INBOX_${leaf}.>`,
      publish: { allow },
    });
    const rules = AuthRules.parse({
      ...rulesOf(rule()),
      services: { [mainApi]: service([], ["jobs.*"], answering), [other]: service([], ["jobs.*"]) },
      links: [link("branch", "jobs.>"), link("shop", "orders.>"), { ...link("ops", ">"), account: "OPS" }],
    });
    const publish = (nkey: string) => servicePermissions(rules, nkey, rules.services[nkey] as never).publish;
    expect(publish(mainApi)).toEqual({ allow: [inboxes(mainApi), "_INBOX_branch.>"], deny: [] });
    expect(publish(other).allow).toEqual([inboxes(other)]);
  });

  test("on a leaf everybody has a second inbox, which the link carries, and is answered in both", () => {
    const rules = AuthRules.parse({
      ...rulesOf(rule({ publish: { allow: ["api.{sub}.>"] } })),
      services: { [mainApi]: service([], ["api.>"], answering), [other]: service(["jobs.>"], []) },
      leaf: "edge",
    });
    const linked = (nkey: string) => `_INBOX_edge._${nkey}.>`;
    expect(granted(rules).subscribe.allow).toEqual(["_INBOX.alice.>", "_INBOX_edge.alice.>"]);
    const grant = servicePermissions(rules, mainApi, rules.services[mainApi] as never);
    expect(grant.subscribe.allow).toEqual(["api.>", inboxes(mainApi), linked(mainApi)]);
    expect(grant.publish).toEqual({
      allow: [inboxes(mainApi), linked(mainApi), "_INBOX.*.>", "_INBOX_edge.*.>"],
      deny: [inboxes(other), linked(other)],
    });
  });

  test.each(["_INBOX_branch.>", "_INBOX_edge.{sub}.>"])(
    "no rule grants %s: it is who stands behind a leaf",
    (subject) => {
      const grant = { ...rule(), subscribe: { allow: [subject] } };
      expect(AuthRules.safeParse({ ...rulesOf(rule()), permissions: [grant] }).success).toBe(false);
    },
  );

  test.each(["_INBOX.>", "_INBOX_a.b.>", "orders.>", "_INBOX_*.>", ">"])("%s is no inbox of a leaf", (subject) => {
    const links = [{ account: "APP", inboxes: subject, publish: { allow: [] } }];
    expect(AuthRules.safeParse({ ...rulesOf(rule()), links }).success).toBe(false);
  });

  test("nobody answers who was not told to, and NATS's own way is for services that insist on it", () => {
    const asked = { services: { [mainApi]: service(["user.>"], ["api.>"]), [other]: service([], []) } };
    const rules = {
      ...rulesOf(rule({ publish: { allow: ["api.x"] }, subscribe: { allow: ["user.{sub}.>"] } })),
      ...asked,
    };
    expect(granted(rules).publish.allow).toEqual(["api.x"]);
    expect(servicePermissions(rules, mainApi, rules.services[mainApi] as never).publish.allow).toEqual([
      "user.>",
      inboxes(mainApi),
    ]);
    const insisting = service([], ["api.>"], { allowResponses: "any-subject" });
    expect(servicePermissions(rules, mainApi, insisting as never).responses).toEqual({ max: 1, expiresMs: 120_000 });
    const parse = (allowResponses: unknown) =>
      AuthRules.safeParse({ ...rulesOf(rule()), permissions: [{ ...rule(), allowResponses }] }).success;
    expect([parse(true), parse("any-subject"), parse({ max: 1, expiresMs: 1 })]).toEqual([true, false, false]);
  });
});

test("the explanation says of every rule what came of it", () => {
  const rules = rulesOf(rule({ when: [{ claim: "a", equals: 1 }] }), publishing("t.{team}"), rule({ account: "OPS" }));
  expect(explain(rules).rules).toEqual([
    { rule: 0, account: "APP", outcome: "condition", missing: [] },
    { rule: 1, account: "APP", outcome: "granted", missing: ["team"] },
    { rule: 2, account: "OPS", outcome: "other_account", missing: [] },
  ]);
});

test("a service has its own subjects and its own inbox", () => {
  const nkey = createUser().getPublicKey();
  const service = {
    name: "orders",
    account: "APP",
    publish: { allow: [] },
    subscribe: { allow: ["orders.>"] },
    allowResponses: true,
  };
  expect(servicePermissions(rulesOf(rule()), nkey, service)).toEqual({
    account: "APP",
    name: "orders",
    publish: { allow: [`_INBOX._${nkey}.>`], deny: [] },
    subscribe: { allow: ["orders.>", `_INBOX._${nkey}.>`], deny: [] },
  });
});
