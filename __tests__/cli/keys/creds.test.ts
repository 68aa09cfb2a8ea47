import { decode, type User } from "@nats-io/jwt";
import { createAccount, createUser } from "nkeys.js";
import { ensureCreds, storedUserJwt } from "../../../cli/keys/creds";
import { MemoryStore } from "../../../cli/keys/store";
import type { UserTopology } from "../../../model/topology";

const user: UserTopology = {
  name: "streams-APP",
  account: "APP",
  purpose: "makes streams",
  connections: ["STANDARD"],
  permissions: { publish: { allow: ["$JS.API.>"] }, subscribe: { allow: ["_INBOX_streams.>"] } },
};
const keys = { pair: createUser(), signer: createAccount() };
const jwtOf = async (store: MemoryStore) => (await storedUserJwt(store, user.name)) ?? "";

test("creds allow what the user may do, over the connections that it may come by, and nothing else", async () => {
  const store = new MemoryStore();
  await ensureCreds(store, user, keys);
  const { nats } = decode<User>(await jwtOf(store));
  expect(nats).toMatchObject({
    pub: { allow: ["$JS.API.>"] },
    sub: { allow: ["_INBOX_streams.>"] },
    allowed_connection_types: ["STANDARD"],
  });
  expect(nats.bearer_token).toBeFalsy();
});

test("creds stay as they are, until the rights of the user are others", async () => {
  const store = new MemoryStore();
  await ensureCreds(store, user, keys);
  const before = await jwtOf(store);
  await ensureCreds(store, user, keys);
  expect(await jwtOf(store)).toBe(before);
  await ensureCreds(store, { ...user, permissions: { publish: { allow: ["one"] } } }, keys);
  expect(decode<User>(await jwtOf(store)).nats.pub).toEqual({ allow: ["one"] });
});
