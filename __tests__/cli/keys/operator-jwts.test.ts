import { type Account, decode, type User } from "@nats-io/jwt";
import { makeKeys } from "../../../cli/keys/make";
import { MemoryStore } from "../../../cli/keys/store";
import shipped from "../../../environments/kubernetes-production";
import { type EnvironmentInput, parseEnvironment, type Trust } from "../../../model/config";
import { buildTopology, type Topology } from "../../../model/topology";

let topology: Topology;
let trust: Trust;
beforeAll(async () => {
  const input: EnvironmentInput = structuredClone(shipped);
  Object.assign(input.accounts ?? {}, { LEAF: { jetstream: { maxFile: "1GiB" } } });
  const { environment, problems } = parseEnvironment(input);
  if (!environment) throw new Error(JSON.stringify(problems));
  topology = buildTopology(environment);
  ({ trust } = await makeKeys(topology, new MemoryStore()));
});
const account = (name: string) => decode<Account>(trust.accounts[name]?.jwt ?? "").nats as Account;

test("the callout places users in the accounts that they land in, and its requests are sealed", () => {
  const { authorization } = account(topology.identity.calloutAccount);
  const { systemAccount, calloutAccount, permissions } = topology.identity;
  const keyOf = (name: string) => trust.accounts[name]?.publicKey;
  expect(authorization?.allowed_accounts).toEqual(expect.arrayContaining(permissions.map((one) => keyOf(one.account))));
  for (const name of [systemAccount, calloutAccount])
    expect(authorization?.allowed_accounts).not.toContain(keyOf(name));
  expect(authorization?.xkey).toBe(trust.xkey);
});

test("the sentinel, whose key everybody has, neither publishes nor hears anything", () => {
  const { nats } = decode<User>(trust.sentinel ?? "");
  expect(nats).toMatchObject({ bearer_token: true, pub: { deny: [">"] }, sub: { deny: [">"] } });
});

test("an account stores as much as it may, and not all that there is", () => {
  expect(account("LEAF").limits).toMatchObject({ disk_storage: 2 ** 30 });
});
