import { heldStreams, judgeAccounts } from "../../../cli/core/judge-accounts";
import { Jsz } from "../../../runtime/client/monitoring";

const [ours, lost] = [`A${"B".repeat(55)}`, `A${"C".repeat(55)}`];
const trust = { accounts: { APP: { publicKey: ours } } };
const app = { mode: "operator", accounts: [{ name: "APP" }] } as never;

/** As nats-server 2.15.2 answers in operator mode: the name is the JWT's, the id is the account's key. */
const said = (...accounts: [id: string, streams: string[]][]) =>
  heldStreams(
    Jsz.parse({
      account_details: accounts.map(([id, streams]) => ({
        name: "APP",
        id,
        stream_detail: streams.map((name) => ({ name, state: { last_seq: 1 } })),
      })),
    }),
  );

test("an account that holds streams and that no trust file knows is named, with its streams and servers", () => {
  const held = new Map([
    ["core-0", said([ours, ["ORDERS"]], [lost, ["ORDERS", "NEWS"]])],
    ["core-1", said([lost, ["NEWS"]])],
  ]);
  expect(judgeAccounts(app, trust, held)).toEqual({
    ok: false,
    seen: `${lost} is not in the trust file and holds NEWS, ORDERS on core-0, core-1`,
  });
});

test("one that is known, or holds nothing, is right", () => {
  const held = new Map([["core-0", said([ours, ["ORDERS"]], [lost, []])]]);
  expect(judgeAccounts(app, trust, held)).toEqual({ ok: true, seen: "1 account with streams" });
});

test("without an operator accounts are known by the environment's names", () => {
  const identity = { mode: "callout", accounts: [{ name: "APP" }] } as never;
  const held = (name: string) => new Map([["core-0", new Map([[name, ["ORDERS"]]])]]);
  expect(judgeAccounts(identity, { accounts: {} }, held("APP")).ok).toBe(true);
  expect(judgeAccounts(identity, { accounts: {} }, held("OLD")).seen).toBe(
    "OLD is not in the environment and holds ORDERS on core-0",
  );
});
