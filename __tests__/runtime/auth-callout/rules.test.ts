import { createAccount, createUser } from "nkeys.js";
import { AuthRules } from "../../../runtime/auth-callout/rules";
import { withSubscriptions } from "../../../runtime/auth-callout/subscriptions";

const grant = { account: "APP", publish: { allow: ["orders.>"] }, subscribe: { allow: [] } };
const rules = {
  mode: "callout",
  accounts: { APP: { id: "APP" } },
  permissions: [grant],
  services: {},
  maxLifetimeSeconds: 3600,
} satisfies AuthRules;
const issues = (value: unknown) =>
  AuthRules.safeParse(value).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) ?? [];
const publishing = (subject: string) => ({ ...rules, permissions: [{ ...grant, publish: { allow: [subject] } }] });
const subscribing = (subject: string) => ({ ...rules, permissions: [{ ...grant, subscribe: { allow: [subject] } }] });

test.each([
  "orders",
  "orders.*.created",
  "orders.>",
  "*",
  "{sub}.>",
  "a.{realm_access.roles}.b",
  "a.{https://example.com/roles}",
  "$JS.API.CONSUMER.MSG.NEXT.ORDERS.work",
  "$JS.ACK.*.*.ORDERS.work.>",
  "$KV.PREFS.{sub}.>",
  "$SYS.REQ.USER.INFO",
  "ä.b",
])("%s is a subject", (subject) => {
  expect(issues(publishing(subject))).toEqual([]);
});

test.each([
  "",
  "a b",
  "a.\tb",
  "a\u00a0b",
  "a..b",
  ".a",
  "a.",
  "a.>.b",
  "a.b>",
  "a*.b",
  "a.x{sub}",
  "{sub",
  "sub}",
  "{}",
  "a.{{name()}}",
  "a.\0",
])("%j is no subject", (subject) => {
  expect(issues(publishing(subject))).toHaveLength(1);
});

test.each(["_INBOX.>", "_INBOX.alice.>", ">", "*.>", "*.*.>", "*.*.*"])(
  "nobody may subscribe to %s: it holds inboxes of others",
  (subject) => {
    expect(issues(subscribing(subject))).not.toEqual([]);
  },
);

test.each(["*", "*.created", "orders.>", "{sub}.>"])("subscribing to %s reaches no inbox", (subject) => {
  expect(issues(subscribing(subject))).toEqual([]);
});

test.each(["SYS", "AUTH", "$G", "$SYS", "sys"])("nobody lands in %s", (account) => {
  const named = { ...rules, accounts: { [account]: { id: "X" } }, permissions: [] };
  expect(issues(named)).toEqual([`accounts.${account}: must be an account of applications; ${account} is not`]);
  const aliased = { ...rules, accounts: { APP: { id: account } } };
  expect(issues(aliased)).toEqual([`accounts.APP.id: must be an account of applications; ${account} is not`]);
});

test("all errors are reported at once, with the value got and the fix", () => {
  const nkey = createUser().getPublicKey();
  const wrong = {
    ...rules,
    mode: "operator",
    permissions: [{ ...grant, account: "OTHER", publish: { allow: ["a b", "_INBOX.>"] }, when: [{ claim: "roles" }] }],
    services: { [nkey]: { name: "orders", ...grant, publish: { allow: ["{sub}.>"] } } },
  };
  expect(issues(wrong)).toEqual([
    'permissions.0.publish.allow.0: must hold no spaces: NATS would read a queue group behind one; got "a b"',
    'permissions.0.publish.allow.1: would grant inboxes: every identity has its own already, and answers go where those who may ask listen; got "_INBOX.>"',
    "permissions.0.when.0: must say equals or includes",
    'accounts.APP.id: must be the account\'s public key A…; got "APP"',
    'permissions.0.account: must be one of APP; got "OTHER"',
    `services.${nkey}.publish.allow.0: must be literal: a service has no claims; got {sub}.>`,
  ]);
});

test("keys are checked with their checksums", () => {
  const key = createAccount().getPublicKey();
  const accounts = { APP: { id: key, signer: key } };
  expect(issues({ ...rules, mode: "operator", accounts })).toEqual([]);
  const mistyped = key.slice(0, -1) + (key.endsWith("A") ? "B" : "A");
  expect(issues({ ...rules, mode: "operator", accounts: { APP: { id: mistyped } } })).toHaveLength(1);
  expect(issues({ ...rules, services: { [key]: { name: "orders", ...grant } } })).toHaveLength(1);
});

test("an unknown key is an error", () => {
  expect(issues({ ...rules, permissions: [{ ...grant, limits: { payload: 1 } }] })).toEqual([
    'permissions.0: Unrecognized key: "limits"',
  ]);
});

describe("permissions of subscriptions", () => {
  test("go to every valid token, with {userId} as its subject", () => {
    const merged = withSubscriptions(rules, [{ permissions: { pub: { allow: ["ai.{userId}.>"] } } }, {}]);
    expect(merged.permissions[1]).toEqual({
      account: "APP",
      publish: { allow: ["ai.{sub}.>"] },
      subscribe: { allow: [] },
    });
  });

  test("may not hold everybody's inboxes", () => {
    expect(() => withSubscriptions(rules, [{ permissions: { sub: { allow: ["_INBOX.>"] } } }])).toThrow("inboxes");
  });

  test("need one account that they are for", () => {
    const accounts = { APP: { id: "APP" }, OTHER: { id: "OTHER" } };
    expect(() => withSubscriptions({ ...rules, accounts }, [{}])).toThrow("one account");
  });
});
