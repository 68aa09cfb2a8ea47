import { decode, type User } from "@nats-io/jwt";
import fc from "fast-check";
import { storedUserJwt } from "../../../cli/keys/creds";
import { makeKeys } from "../../../cli/keys/make";
import { MemoryStore } from "../../../cli/keys/store";
import { Trust } from "../../../model/config";
import { type Topology, trustProblems } from "../../../model/topology";
import { toAuthRules } from "../../../templates/callout-rules";
import { inMode, without } from "../../support/arbitrary-environment";

/** Making keys takes most of the time, so a few environments are chosen once, the same in each run. */
const sample = (mode: "callout" | "operator") =>
  fc.sample(
    inMode(mode).filter(({ clusters }) =>
      clusters.every(({ leafLinks }) => new Set(leafLinks.map(({ account }) => account)).size === leafLinks.length),
    ),
    { numRuns: mode === "operator" ? 4 : 12, seed: 7 },
  );

describe.each(["callout", "operator"] as const)("in %s mode", (mode) => {
  let made: { topology: Topology; trust: Trust; store: MemoryStore }[];
  beforeAll(async () => {
    made = await Promise.all(
      sample(mode).map(async (topology) => {
        const store = new MemoryStore();
        return { topology, store, trust: (await makeKeys(topology, store)).trust };
      }),
    );
  });

  test("keys that are made fit the topology, and the trust file is one", () => {
    for (const { topology, trust } of made) {
      expect(trustProblems(topology, trust)).toEqual([]);
      const written = JSON.parse(JSON.stringify(trust));
      expect(Trust.parse(written)).toEqual(written);
    }
  });

  test("creds of fixed users say over which kind of connection they come, where there are any", async () => {
    for (const { topology, store } of made) {
      for (const { name, connections } of topology.identity.users) {
        const jwt = await storedUserJwt(store, name);
        expect(jwt !== undefined).toBe(mode === "operator");
        if (jwt) expect(decode<User>(jwt).nats.allowed_connection_types).toEqual(connections);
        expect(connections).toEqual([name.startsWith("leaf-") ? "LEAFNODE" : "STANDARD"]);
      }
    }
  });

  test("no two users share a key", () => {
    for (const { trust } of made) {
      const keys = Object.values(trust.users);
      expect(new Set(keys).size).toBe(keys.length);
    }
  });

  test("a second run makes nothing and says the same", async () => {
    const held = async (store: MemoryStore) =>
      Promise.all((await store.list()).map(async (name) => [name, await store.read(name)]));
    for (const { topology, trust, store } of made) {
      const before = await held(store);
      expect(await makeKeys(topology, store, trust)).toEqual({ trust, created: [] });
      expect(await held(store)).toEqual(before);
    }
  });

  test("whatever is missing from the trust file is named, and so is what is left over", () => {
    for (const { topology, trust } of made) {
      const places = (changed: Trust) => trustProblems(topology, changed).map(({ path }) => path.join("."));
      for (const name of Object.keys(trust.users))
        expect(places(without(trust, ({ users }) => delete users[name]))).toEqual([`users.${name}`]);
      const users = { ...trust.users, stranger: trust.users.sys ?? "" };
      expect(places({ ...trust, users })).toEqual(["users.stranger"]);
      expect(places({ ...trust, environment: "another" })).toEqual(["environment"]);
      if (mode === "callout") continue;
      expect(places({ ...trust, operator: undefined })).toEqual(["operator"]);
      expect(places({ ...trust, sentinel: undefined })).toEqual(["sentinel"]);
      for (const name of Object.keys(trust.accounts))
        expect(places(without(trust, ({ accounts }) => delete accounts[name]))).toEqual([`accounts.${name}.jwt`]);
    }
  });

  test("the callout is never told of SYS or AUTH", () => {
    for (const { topology, trust } of made) {
      const { accounts } = toAuthRules(topology, trust);
      const own = ["SYS", "AUTH"].flatMap((name) => [name, trust.accounts[name]?.publicKey ?? name]);
      for (const [name, { id, signer }] of Object.entries(accounts))
        for (const known of [name, id, signer]) expect(own).not.toContain(known);
    }
  });
});
