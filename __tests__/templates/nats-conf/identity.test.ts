import { MemoryStore } from "../../../cli/keys/store";
import { usersOf } from "../../../model/topology";
import type { ConfObject } from "../../../templates/nats-conf";
import { identityConf } from "../../../templates/nats-conf/identity";
import { platforms, type RichServer, richTopology } from "../../support/same-server";

type Users = Record<string, { users: ConfObject[]; jetstream: unknown }>;

describe("in configuration mode", () => {
  let rich: RichServer;
  let conf: ConfObject;
  beforeAll(async () => {
    rich = await richTopology("callout", platforms["aws-ecs"], new MemoryStore());
    conf = identityConf(rich.topology, rich.cluster, rich.trust, "/unused");
  });
  const accounts = () => conf.accounts as unknown as Users;
  const callout = () => (conf.authorization as ConfObject).auth_callout as ConfObject;

  test("requests are sealed to the responders, and answers must be signed by the issuer", () => {
    expect(callout()).toMatchObject({ xkey: rich.trust.xkey, issuer: rich.trust.issuer, account: "AUTH" });
  });

  test("the system account is natsform's, not one that the server makes up", () => {
    expect(conf.system_account).toBe("SYS");
  });

  test("each fixed user is known in its own account alone, by its key", () => {
    const found = Object.entries(accounts()).flatMap(([account, { users }]) =>
      users.map(({ nkey }) => [nkey, account]),
    );
    const expected = usersOf(rich.topology.identity, rich.cluster.name).map(({ name, account }) => [
      rich.trust.users[name],
      account,
    ]);
    expect(found.sort()).toEqual(expected.sort());
  });

  test("each fixed user has the rights of the topology, over the kind of connection that it is for", () => {
    const byKey = new Map(Object.values(accounts()).flatMap(({ users }) => users.map((user) => [user.nkey, user])));
    for (const { name, permissions, connections } of usersOf(rich.topology.identity, rich.cluster.name)) {
      const user = byKey.get(rich.trust.users[name]);
      expect([name, user?.permissions, user?.allowed_connection_types]).toEqual([name, permissions, connections]);
    }
    const limited = usersOf(rich.topology.identity, rich.cluster.name).filter(
      ({ permissions }) => permissions?.publish && permissions.subscribe,
    );
    expect(limited.map(({ name }) => name)).toEqual(expect.arrayContaining(["responder", "streams-APP"]));
  });

  test("fixed users log in while the callout is down", () => {
    expect([...(callout().auth_users as string[])].sort()).toEqual(
      usersOf(rich.topology.identity, rich.cluster.name)
        .map(({ name }) => rich.trust.users[name])
        .sort(),
    );
  });

  test("a user whose key is being rotated is known by both, with the same rights", () => {
    const old = rich.trust.users.sys ?? "";
    const trust = { ...rich.trust, previous: { "user-responder": old } };
    const rotating = identityConf(rich.topology, rich.cluster, trust, "/unused");
    const users = (rotating.accounts as unknown as Users).AUTH?.users ?? [];
    expect(users.map(({ nkey }) => nkey)).toEqual([rich.trust.users.responder, old]);
    expect(users[1]).toEqual({ ...users[0], nkey: old });
    expect(((rotating.authorization as ConfObject).auth_callout as ConfObject).auth_users).toContain(old);
  });

  test("an account stores within its limits, and not at all without JetStream", () => {
    expect(accounts().APP?.jetstream).toMatchObject({ max_file: { text: "1GiB" }, max_streams: 10 });
    expect(accounts().OTHER?.jetstream).toBeUndefined();
    expect(accounts().SYS?.jetstream).toBeUndefined();
  });
});

test("in operator mode servers keep every account that the resolver was ever given", async () => {
  const { topology, cluster, trust } = await richTopology("operator", platforms["aws-ecs"], new MemoryStore());
  const conf = identityConf(topology, cluster, trust, "/data/resolver");
  expect(conf.resolver).toMatchObject({ type: "full", dir: "/data/resolver" });
  const preloaded = topology.identity.accounts.map(({ name }) => trust.accounts[name]?.publicKey);
  expect(Object.keys(conf.resolver_preload as ConfObject).sort()).toEqual(preloaded.sort());
});
