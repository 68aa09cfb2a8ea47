import { type Account, decode } from "@nats-io/jwt";
import { makeKeys } from "../../cli/keys/make";
import { trustDifferences } from "../../cli/keys/operator-claims";
import { MemoryStore } from "../../cli/keys/store";
import { platforms, type RichServer, richTopology } from "../support/same-server";

const store = new MemoryStore();
let rich: RichServer;
beforeAll(async () => {
  rich = await richTopology("operator", platforms.hosts, store);
});
const claims = (name: string, { trust } = rich) => decode<Account>(trust.accounts[name]?.jwt ?? "").nats;
const keyOf = (name: string) => rich.trust.accounts[name]?.publicKey;

test("what accounts share stands in their JWTs; an export to some needs a token", () => {
  expect(claims("APP").exports).toEqual([
    { name: "ask.*.>", subject: "ask.*.>", type: "service", token_req: true, response_type: "Stream" },
    { name: "news.>", subject: "news.>", type: "stream" },
  ]);
  expect(claims("OTHER").imports).toEqual([
    {
      ...{ name: "app.*.>", subject: "ask.*.>", type: "service", account: keyOf("APP") },
      ...{ local_subject: "app.*.>", token: expect.any(String) },
    },
    { name: "news.local.>", subject: "news.local.>", type: "stream", account: keyOf("APP") },
  ]);
  expect(claims("AUTH")).not.toHaveProperty("exports");
});

test("the token is of the exporting account, for the importing one and for this subject alone", () => {
  const { iss, sub, nats } = decode(claims("OTHER").imports?.[0]?.token ?? "");
  expect({ iss, sub, nats }).toMatchObject({
    ...{ iss: keyOf("APP"), sub: keyOf("OTHER") },
    nats: { subject: "ask.*.>", kind: "service", type: "activation" },
  });
});

test("a second run keeps the JWTs, tokens included; a change of what is shared does not", async () => {
  const again = await richTopology("operator", platforms.hosts, store, rich.trust);
  expect(again.trust.accounts).toEqual(rich.trust.accounts);
  const changed = await richTopology("operator", platforms.hosts, store, rich.trust, ({ accounts }) => {
    delete accounts?.APP?.exports?.[0]?.accounts;
  });
  expect(claims("OTHER", changed).imports?.[0]).not.toHaveProperty("token");
});

test("an operator of one's own says what another one says, with its own keys, and differences are named", async () => {
  const theirs = { ...rich.trust, imported: true as const };
  const { trust } = await makeKeys(rich.topology, new MemoryStore(), undefined, undefined, theirs);
  expect(trustDifferences(theirs, trust)).toEqual([]);
  expect(JSON.stringify(trust)).not.toContain(keyOf("APP"));
  const [imported] = claims("OTHER", { trust } as RichServer).imports ?? [];
  expect(imported?.account).toBe(trust.accounts.APP?.publicKey);
  expect(decode(imported?.token ?? "").iss).toBe(trust.accounts.APP?.publicKey);

  const other = await richTopology("operator", platforms.hosts, store, rich.trust, ({ accounts }) => {
    if (accounts?.APP) accounts.APP = { jetstream: { maxFile: "2GiB" }, exports: [{ service: "ask.*.>" }] };
  });
  expect(
    trustDifferences(other.trust, trust)
      .map(({ what }) => what)
      .sort(),
  ).toEqual([
    "APP: another export of service ask.*.>",
    "APP: another export of stream news.>",
    "APP: limits",
    "APP: no export of service ask.*.>",
    "OTHER: another import of service ask.*.> from account APP",
    "OTHER: no import of service ask.*.> from account APP",
  ]);
});
