import fc from "fast-check";
import { sharingRules } from "../../model/lint/sharing";
import type { AccountTopology } from "../../model/topology";
import { type ConfObject, printConf } from "../../templates/nats-conf";
import { sharingConf } from "../../templates/nats-conf/sharing";
import { check } from "../support/lint-servers";

/** What accounts share, held against the server's own reading of it. */

const names = ["A", "B", "C"];
const kind = fc.constantFrom("service" as const, "stream" as const);
const exported = fc.record({
  kind,
  // Of a stream there is no other: the configuration says so.
  response: fc.constant("singleton" as const),
  subject: fc.constantFrom("a.>", "b.>", "c.>", "a", "b", ">"),
  accounts: fc.option(fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }), { nil: undefined, freq: 1 }),
});
const imported = (name: string) =>
  fc
    .record({
      kind,
      account: fc.constantFrom(...names.filter((other) => other !== name)),
      subject: fc.constantFrom("a", "b", "a.*", "a.b", "a.>", "b.*", "c.*.d"),
      isMapped: fc.boolean(),
    })
    .map(({ isMapped, ...one }) => ({ ...one, to: isMapped ? `m.${one.subject}` : one.subject }));
const account = (name: string): fc.Arbitrary<AccountTopology> =>
  fc.record({
    ...{ name: fc.constant(name), jetstream: fc.constant(false), limits: fc.constant({}) },
    exports: fc.uniqueArray(exported, { selector: (one) => one.kind + one.subject, minLength: 6, maxLength: 10 }),
    imports: fc.uniqueArray(imported(name), {
      selector: (one) => one.kind + one.account + one.subject,
      maxLength: 2,
    }),
  });

const found = (accounts: readonly AccountTopology[]) => {
  const context = { topology: { identity: { accounts } } } as never;
  return sharingRules
    .filter(({ id }) => ["import-not-exported", "imports-circle"].includes(id))
    .flatMap((rule) => rule.check(context).map(({ at }) => `${rule.id} ${at}`));
};
const asConf = (accounts: readonly AccountTopology[]): ConfObject => ({
  listen: "127.0.0.1:-1",
  accounts: Object.fromEntries(accounts.map((one) => [one.name, sharingConf(one)])),
});
const serverSays = (accounts: readonly AccountTopology[]) => check(printConf(asConf(accounts)));

test("import-not-exported, imports-circle: a server takes whatever they find nothing in", () => {
  fc.assert(
    fc.property(fc.tuple(...names.map(account)), (accounts) => {
      fc.pre(found(accounts).length === 0);
      expect(serverSays(accounts)).toMatchObject({ valid: true });
    }),
    { numRuns: 60 },
  );
});

const alone = { name: "C", jetstream: false, limits: {}, exports: [], imports: [] };
const service = (subject: string, accounts?: string[]) =>
  ({ kind: "service", subject, accounts, response: "singleton" }) as const;
const from = (account: string, subject: string) => ({ kind: "service", account, subject, to: subject }) as const;
test.each<[string, AccountTopology[], RegExp]>([
  [
    "import-not-exported",
    [
      { ...alone, name: "A", exports: [service("ask.>", ["B"])] },
      { ...alone, name: "B" },
      { ...alone, imports: [from("A", "ask.*")] },
    ],
    /service import not authorized/,
  ],
  [
    "imports-circle",
    [
      { ...alone, name: "A", exports: [service("ask.*")], imports: [from("C", "ask.*")] },
      { ...alone, exports: [service("ask.*")], imports: [from("A", "ask.*")] },
    ],
    /import forms a cycle/,
  ],
])("%s: a server does not start with what it finds", (id, accounts, said) => {
  expect(found(accounts).join()).toContain(id);
  const { valid, output } = serverSays(accounts);
  expect({ valid, said: said.test(output) }).toEqual({ valid: false, said: true });
});
