import { makeKeys } from "../../../cli/keys/make";
import { MemoryStore } from "../../../cli/keys/store";
import shipped from "../../../environments/kubernetes-production";
import { parseEnvironment, type Trust } from "../../../model/config";
import { buildTopology, type Topology, trustProblems } from "../../../model/topology";

let topology: Topology;
let trust: Trust;
beforeAll(async () => {
  const { environment } = parseEnvironment(structuredClone(shipped));
  if (!environment) throw new Error("the environment does not parse");
  topology = buildTopology(environment);
  ({ trust } = await makeKeys(topology, new MemoryStore()));
});
const places = (changes: Partial<Trust>) =>
  trustProblems(topology, { ...trust, ...changes }).map(({ path }) => path.join("."));

test("the trust file of an environment fits it, and fits no other", () => {
  expect(places({})).toEqual([]);
  expect(places({ environment: "other" })).toEqual(["environment"]);
});

test("every user has a key in it, and nobody else has", () => {
  const { sys, ...others } = trust.users;
  expect(places({ users: others })).toEqual(["users.sys"]);
  expect(places({ users: { ...trust.users, gone: sys ?? "" } })).toEqual(["users.gone"]);
});

test("in operator mode what the operator signs is in it", () => {
  expect(places({ operator: undefined })).toEqual(["operator"]);
  expect(places({ sentinel: undefined })).toEqual(["sentinel"]);
  const { APP, ...others } = trust.accounts;
  expect(places({ accounts: { ...others, APP: { publicKey: APP?.publicKey ?? "" } } })).toEqual(["accounts.APP.jwt"]);
});
