import fc from "fast-check";
import { parseEnvironment } from "../../../model/config";
import { lint } from "../../../model/lint";
import { buildTopology, clusterOf, type Topology } from "../../../model/topology";
import { accepted, freeze, topologies } from "../../support/arbitrary-environment";
import { changed, parsed, today } from "../../support/lint-environment";

const runs = { numRuns: 200 };
const forAll = (check: (topology: Topology) => void) => fc.assert(fc.property(topologies, check), runs);
const duplicates = (values: readonly string[]) => values.filter((value, i) => values.indexOf(value) < i);

test("a topology is built from the environment alone, which stays as it was", () => {
  fc.assert(
    fc.property(accepted, (environment) => {
      const before = structuredClone(environment);
      const topology = buildTopology(freeze(environment));
      expect(buildTopology(structuredClone(environment))).toEqual(topology);
      expect(environment).toEqual(before);
    }),
    runs,
  );
});

test("it survives JSON", () => {
  forAll((topology) => expect(JSON.parse(JSON.stringify(topology))).toEqual(topology));
});

test("names of servers are unique in an environment, those of clusters, listeners and certificates where they stand", () => {
  forAll(({ clusters }) => {
    expect(duplicates(clusters.flatMap(({ servers }) => servers.map(({ name }) => name)))).toEqual([]);
    expect(duplicates(clusters.map(({ name }) => name))).toEqual([]);
    for (const { servers, listeners, certificates } of clusters) {
      expect(servers.length).toBeGreaterThan(0);
      expect(servers.map(({ ordinal }) => ordinal)).toEqual(servers.map((_, i) => i));
      for (const named of [servers.map(({ host }) => ({ name: host })), listeners])
        expect(duplicates(named.map(({ name }) => name))).toEqual([]);
      expect(duplicates(certificates.map(({ id }) => id))).toEqual([]);
      expect(duplicates(listeners.map(({ port }) => String(port)))).toEqual([]);
    }
  });
});

test("the routes certificate carries exactly the names that routes dial, and serves both ends", () => {
  forAll(({ clusters }) => {
    for (const { servers, certificates, listeners } of clusters) {
      const routes = certificates.find(({ id }) => id === "routes");
      if (servers.length === 1) {
        // It has nobody to open a route to, so nobody may open one to it.
        expect([routes, listeners.find(({ name }) => name === "routes")]).toEqual([undefined, undefined]);
        continue;
      }
      expect(routes?.names).toEqual(servers.map(({ host }) => host));
      expect(routes?.usages).toEqual(["server", "client"]);
      expect(listeners.find(({ name }) => name === "routes")).toMatchObject({
        certificates: ["routes"],
        verify: "routes",
        exposure: "peers",
      });
    }
  });
});

test("every listener but monitoring has certificates, they exist, and they carry every name it is reached by", () => {
  forAll(({ clusters }) => {
    for (const { servers, certificates, listeners, platform, leafHub, websocket } of clusters) {
      const namesOf = (ids: readonly string[]) => {
        const found = certificates.filter(({ id }) => ids.includes(id));
        expect(found).toHaveLength(ids.length);
        return found.flatMap(({ names }) => names);
      };
      expect(listeners.map(({ name }) => name).sort()).toEqual(
        [
          "client",
          "monitoring",
          ...(servers.length > 1 ? ["routes"] : []),
          ...(leafHub ? ["leafnodes"] : []),
          ...(websocket ? ["websocket"] : []),
        ].sort(),
      );
      for (const { name, certificates: ids, exposure } of listeners) {
        if (name === "monitoring") {
          expect({ ids, exposure }).toEqual({ ids: [], exposure: "named" });
          continue;
        }
        const names = namesOf(ids);
        expect(names).toEqual(expect.arrayContaining(servers.map(({ host }) => host)));
        if (exposure === "public" && platform.domain) expect(names).toContain(`nats.${platform.domain}`);
      }
    }
  });
});

test("no certification authority serves two purposes, and no server's certificate lets a client in", () => {
  const purposes = {
    public: ["public"],
    internal: ["internal"],
    routes: ["routes"],
    leafnodes: ["leafnodes", "leaf-remote"],
  };
  forAll(({ clusters }) => {
    for (const { certificates, leafHub, leafLinks } of clusters) {
      for (const { id, issuer, usages, names } of certificates) {
        expect(purposes[issuer]).toContain(id);
        expect(usages.includes("client")).toBe(!["public", "internal"].includes(id));
        expect(names.length).toBeGreaterThan(0);
        for (const name of names) expect(name).toMatch(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/);
      }
      expect(certificates.some(({ id }) => id === "leafnodes")).toBe(leafHub);
      expect(certificates.some(({ id }) => id === "leaf-remote")).toBe(leafLinks.length > 0);
    }
  });
});

test("users are unique, live in accounts that exist, and only those of natsform's programs live in its own", () => {
  forAll(({ identity, clusters }) => {
    // An error of lint: leaf-account-twice.
    if (clusters.some(({ leafLinks }) => duplicates(leafLinks.map(({ account }) => account)).length > 0)) return;
    const services = Object.keys(identity.services).map((name) => `service-${name}`);
    expect(duplicates([...identity.users.map(({ name }) => name), ...services])).toEqual([]);
    const accounts = identity.accounts.map(({ name }) => name);
    expect(duplicates(accounts)).toEqual([]);
    for (const { account } of identity.users) expect(accounts).toContain(account);
    const renewed = clusters.some(
      ({ platform, certificates }) =>
        platform.kind === "kubernetes" && certificates.some(({ signer }) => signer === "vault"),
    );
    const own = identity.users.filter(({ account }) => account === "SYS" || account === "AUTH");
    expect(own.map(({ name, account }) => [name, account])).toEqual([
      ["sys", "SYS"],
      ["observer", "SYS"],
      ["responder", "AUTH"],
      ...(renewed ? [["renewal", "SYS"]] : []),
    ]);
  });
});

test("nothing that the environment grants leads into SYS or AUTH", () => {
  forAll(({ identity, clusters, streams }) => {
    const reached = [
      ...identity.permissions,
      ...Object.values(identity.services),
      ...clusters.flatMap(({ leafLinks }) => leafLinks),
      ...streams,
    ].map(({ account }) => account);
    for (const account of reached) expect(["SYS", "AUTH"]).not.toContain(account);
  });
  for (const account of ["SYS", "AUTH"]) {
    for (const place of [
      "identity.permissions[0].account",
      "identity.services.api.account",
      "streams[0].account",
      "clusters.edge.leafOf.accounts[0]",
    ]) {
      expect(parseEnvironment(changed({ [place]: account })).environment).toBeUndefined();
      const smuggled = changed({ [place]: account, [`accounts.${account}`]: {} });
      expect(parseEnvironment(smuggled).environment).toBeUndefined();
    }
  }
});

test("every account with JetStream has a user that applies its streams; a stream elsewhere is an error of lint", () => {
  let elsewhere = 0;
  fc.assert(
    fc.property(accepted, (environment) => {
      const topology = buildTopology(environment);
      const { accounts, users } = topology.identity;
      for (const { name, jetstream } of accounts)
        expect(users.some((user) => user.name === `streams-${name}` && user.account === name)).toBe(jetstream);
      for (const [i, { account, cluster }] of topology.streams.entries()) {
        expect(clusterOf(topology, cluster).jetstream).toBeDefined();
        if (accounts.find(({ name }) => name === account)?.jetstream) continue;
        elsewhere++;
        const { findings, acknowledged } = lint(environment, topology, today);
        const at = [...findings, ...acknowledged].filter(({ severity }) => severity === "error").map(({ at }) => at);
        expect(at.some((place) => place.startsWith(`streams[${i}]`))).toBe(true);
      }
    }),
    runs,
  );
  expect(elsewhere).toBeGreaterThan(0);
});

test("what streams users may do depends on no stream: another one is no change of the servers", () => {
  forAll((topology) => {
    const { deny = [] } =
      topology.identity.users.find(({ name }) => name.startsWith("streams-"))?.permissions?.publish ?? {};
    for (const { name, permissions } of topology.identity.users.filter(({ name }) => name.startsWith("streams-")))
      expect([name, permissions]).toEqual([name, { publish: { allow: [">"], deny }, subscribe: expect.anything() }]);
    // Requests, and what streams and buckets take.
    expect(deny.filter((subject) => /^\$(JS|KV|O)\b/.test(subject))).toEqual([]);
  });
});

test("leaf links name a hub that listens, and a user of their account", () => {
  let links = 0;
  forAll((topology) => {
    for (const { name, leafLinks } of topology.clusters) {
      for (const { hub, account, user } of leafLinks) {
        links++;
        expect(clusterOf(topology, hub).listeners.map((listener) => listener.name)).toContain("leafnodes");
        expect(topology.identity.users).toContainEqual(expect.objectContaining({ name: user, account }));
        expect(user).toContain(name);
      }
    }
  });
  expect(links).toBeGreaterThan(0);
});

test("a change of the platform leaves servers, accounts and streams as they are", () => {
  const on = (platform: object) => buildTopology(parsed(changed({ "clusters.core.platform": platform })));
  const aws = { region: "eu-west-1", domain: "core.example.com" };
  const [ecs, ec2, kubernetes] = [
    on({ kind: "aws-ecs", ...aws }),
    on({ kind: "aws-ec2", ...aws }),
    on({ kind: "kubernetes", flavor: "generic" }),
  ];
  for (const other of [ec2, kubernetes]) {
    expect(clusterOf(other, "core").servers.map(({ name }) => name)).toEqual(["core-0", "core-1", "core-2"]);
    expect(other.identity).toEqual(ecs.identity);
    expect(other.streams).toEqual(ecs.streams);
  }
  expect(clusterOf(ec2, "core").servers).toEqual(clusterOf(ecs, "core").servers);
});

test("a cluster that is not there is a defect of the caller", () => {
  expect(() => clusterOf(buildTopology(parsed(changed({}))), "nope")).toThrow("no cluster nope in lint");
});
