import fc from "fast-check";
import { makeKeys } from "../../../cli/keys/make";
import { MemoryStore } from "../../../cli/keys/store";
import { parseEnvironment } from "../../../model/config";
import { buildTopology, clusterOf, type ServerTopology, type UserTopology } from "../../../model/topology";
import { AuthRules } from "../../../runtime/auth-callout/rules";
import { closedSubjects, covers, overlaps } from "../../../runtime/subjects/spec";
import { toAuthRules } from "../../../templates/callout-rules";
import { platformSite, toNatsConf } from "../../../templates/nats-conf";
import { changed, parsed } from "../../support/lint-environment";

/** The hub core with cluster edge and a foreign leaf, whose links have these rights. */
const linked = (branch: object = {}, edge: object = {}) =>
  changed({
    "clusters.core.foreignLeafs": { branch: { accounts: ["APP"], links: { APP: branch } } },
    "clusters.edge.leafOf": { cluster: "core", accounts: ["APP"], links: { APP: edge } },
  });
const topologyOf = (...rights: object[]) => buildTopology(parsed(linked(...rights)));
const permissionsOf = (leaf: string, ...rights: object[]) => {
  const { users } = topologyOf(...rights).identity;
  return users.find(({ name }) => name === `leaf-${leaf}-APP`)?.permissions as Required<
    NonNullable<UserTopology["permissions"]>
  >;
};
const problemsOf = (environment: unknown) =>
  parseEnvironment(environment).problems.map(({ path, message }) => `${path.join(".")}: ${message}`);

/** As servers judge it: an empty or missing allow list is everything. */
const may = ({ allow = [], deny = [] }: { allow?: string[]; deny?: string[] }, subject: string) =>
  (allow.length === 0 || allow.some((own) => covers(own, subject))) && !deny.some((own) => covers(own, subject));

describe("without lists", () => {
  test("a link carries what belongs to applications, and its own inboxes", () => {
    const { publish, subscribe } = permissionsOf("edge");
    for (const direction of [publish, subscribe])
      expect(["orders.1", "_INBOX_edge.alice.1"].map((subject) => may(direction, subject))).toEqual([true, true]);
  });

  test("it carries nothing of another's in either direction", () => {
    const { publish, subscribe } = permissionsOf("edge");
    const others = ["_INBOX.alice.1", "_INBOX_branch.1", "$JS.API.STREAM.PURGE.ORDERS", "$JS.core.API.INFO"];
    for (const direction of [publish, subscribe])
      for (const subject of [
        ...others,
        "$SYS.REQ.USER.INFO",
        "$KV.B.k",
        "$O.B.C.x",
        "_R_.x.y",
        "_NATSFORM.INBOX.sys.1",
      ])
        expect([subject, may(direction, subject)]).toEqual([subject, false]);
  });
});

test("with lists it carries what they say, and hears the inboxes of its side", () => {
  const rights = {
    publish: { allow: ["orders.branch.>"], deny: ["orders.branch.secret"] },
    subscribe: { allow: ["news.>"] },
  };
  expect(permissionsOf("branch", rights)).toEqual({
    publish: rights.publish,
    subscribe: { allow: ["news.>", "_INBOX_branch.>"], deny: [] },
  });
});

test("an empty list is nothing: to servers it would be everything", () => {
  const { publish, subscribe } = permissionsOf("branch", { publish: {}, subscribe: {} });
  expect(publish).toEqual({ allow: [], deny: [">"] });
  expect(subscribe).toEqual({ allow: ["_INBOX_branch.>"], deny: [] });
});

test("it answers those who may ask it, and nobody where nobody may", () => {
  const answering = (subject: string) => ({
    publish: { allow: ["jobs.>"] },
    subscribe: { allow: [subject] },
    allowResponses: true,
  });
  const nobody = permissionsOf("branch", answering("quiet.>"), { publish: {}, subscribe: {} });
  expect(nobody.publish.allow).toEqual(["jobs.>"]);
  // A service publishes orders; the other leaf may publish anything.
  const asked = permissionsOf("branch", answering("orders.>"));
  expect(asked.publish.allow).toEqual(["jobs.>", "_INBOX.*.>", "_INBOX_edge.>"]);
});

test("what it uses of the hub is asked by the hub's domain too", () => {
  const { publish } = permissionsOf("branch", {
    publish: {},
    subscribe: {},
    uses: { consumers: ["ORDERS/fulfilment"] },
  });
  expect(publish.allow).toContain("$JS.core.API.CONSUMER.MSG.NEXT.ORDERS.fulfilment");
  expect(publish.allow?.filter((subject) => subject.includes(">") && !subject.startsWith("$JS.ACK."))).toEqual([]);
});

test("the leaf's own side closes what its hub closes, and opens what it sends", () => {
  const closed = (rights: object) =>
    topologyOf({}, rights).clusters.find(({ name }) => name === "edge")?.leafLinks[0]?.closed;
  expect(closed({})).toEqual({ both: closedSubjects, exports: closedSubjects });
  const uses = { publish: {}, uses: { consumers: ["ORDERS/fulfilment"] } };
  expect(closed(uses)).toEqual({
    both: closedSubjects.filter((space) => space !== "$JS.>"),
    exports: closedSubjects.filter((space) => space !== "$JS.>"),
  });
});

test("the rendered configuration holds both sides, and isolates no leaf on one server alone", async () => {
  const topology = topologyOf();
  const { trust } = await makeKeys(topology, new MemoryStore());
  const [hub, edge] = ["core", "edge"].map((name) => {
    const cluster = clusterOf(topology, name);
    const [server] = cluster.servers as [ServerTopology];
    return toNatsConf({ topology, cluster, server, trust, site: platformSite(topology, cluster) });
  });
  expect(hub).not.toContain("isolate");
  const { branch, edge: own } = { branch: permissionsOf("branch"), edge: permissionsOf("edge") };
  expect(hub).toContain('"LEAFNODE"');
  for (const denied of [branch, own]
    .flatMap(({ publish, subscribe }) => [publish.deny ?? [], subscribe.deny ?? []])
    .flat())
    expect(hub).toContain(`"${denied}"`);
  for (const list of ["deny_imports", "deny_exports"]) expect(edge).toMatch(new RegExp(`${list}: \\[\\s+"_INBOX\\.>"`));
});

test("services answer in the inboxes of a link that may ask them, and a leaf's identities have inboxes on it", async () => {
  const topology = topologyOf({ publish: { allow: ["user.x"] }, subscribe: {} }, { publish: {}, subscribe: {} });
  const { trust } = await makeKeys(topology, new MemoryStore());
  const rules = toAuthRules(topology, trust);
  expect(AuthRules.parse(rules).links).toEqual([
    { account: "APP", inboxes: "_INBOX_branch.>", publish: { allow: ["user.x"], deny: [] } },
    { account: "APP", inboxes: "_INBOX_edge.>", publish: { allow: [], deny: [] } },
  ]);
  const leafs = topology.clusters.map((cluster) => [cluster.name, toAuthRules(topology, trust, cluster).leaf]);
  expect(leafs).toEqual([
    ["core", undefined],
    ["edge", "edge"],
    ["mesh", undefined],
  ]);
});

describe("refused", () => {
  test("rights of an account that is not linked, uses of what is not there, and subjects of claims", () => {
    const found = problemsOf(
      changed({
        "clusters.core.foreignLeafs": {
          branch: { accounts: ["APP"], links: { OTHER: {}, APP: { publish: {}, uses: { streams: ["NONE"] } } } },
        },
        "clusters.edge.leafOf": { cluster: "core", links: { APP: { publish: { allow: ["user.{sub}.>"] } } } },
      }),
    );
    expect(found).toEqual([
      "clusters.core.foreignLeafs.branch.links.APP.uses.streams.0: names no stream in account APP of this environment",
      "clusters.core.foreignLeafs.branch.links.OTHER: names no linked account of this environment",
      "clusters.edge.leafOf.links.APP.publish.allow.0: must be literal: links and services have no claims",
    ]);
  });

  test.each([{ allowResponses: true }, { uses: { streams: ["ORDERS"] } }])("%j without a list to publish", (rights) => {
    const [problem] = problemsOf(linked(rights));
    expect(problem).toMatch(/^clusters\.core\.foreignLeafs\.branch\.links\.APP\.publish: is required with /);
  });
});

test("whatever its lists, a link hears no inbox but its own side's", () => {
  const word = fc.constantFrom("orders", "news", "a-b");
  const subject = fc.tuple(word, fc.constantFrom("", ".*", ".>")).map((parts) => parts.join(""));
  const lists = fc.option(fc.record({ allow: fc.array(subject, { maxLength: 3 }) }), { nil: undefined });
  fc.assert(
    fc.property(lists, lists, (publish, subscribe) => {
      const heard = permissionsOf("branch", { publish, subscribe }).subscribe;
      for (const inbox of ["_INBOX.alice.1", "_INBOX._UABC.1", "_INBOX_edge.alice.1", "_NATSFORM.INBOX.backup.1"])
        expect(may(heard, inbox)).toBe(false);
      expect(may(heard, "_INBOX_branch.1")).toBe(true);
      expect(heard.deny?.some((denied) => overlaps(denied, "_INBOX_branch.1"))).toBe(false);
    }),
    { numRuns: 40 },
  );
});
