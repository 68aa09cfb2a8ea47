import { parseEnvironment } from "../../model/config";
import { buildTopology } from "../../model/topology";
import { checkout, natsform, seeds } from "../support/cli-run";
import { shipped } from "../support/config-mutations";

const topologyOf = (name: string) => {
  const input = shipped.find((each) => each.name === name);
  return buildTopology(parseEnvironment(input).environment as never);
};

describe.each(shipped.map(({ name }) => name))("%s", (name) => {
  test("--json is the topology as data", async () => {
    const { code, stdout, stderr } = await natsform(checkout, ["topology", name, "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(topologyOf(name))));
  });

  test("--mermaid is a flow chart that names every server and stream", async () => {
    const { code, stdout } = await natsform(checkout, ["topology", name, "--mermaid"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^flowchart LR\n/);
    const { clusters, streams } = topologyOf(name);
    for (const server of clusters.flatMap(({ servers }) => servers)) expect(stdout).toContain(`["${server.name}"]`);
    for (const stream of streams) expect(stdout).toContain(`[("${stream.name} R${stream.replicas}`);
  });

  test("the tables name every server, certificate, account and stream", async () => {
    const { stdout } = await natsform(checkout, ["topology", name]);
    const { clusters, streams, identity } = topologyOf(name);
    for (const { servers, certificates } of clusters) {
      for (const server of servers) expect(stdout).toContain(`${server.name}  ${server.host}`);
      for (const { names } of certificates) expect(stdout).toContain(names.join(" "));
    }
    for (const account of identity.accounts) expect(stdout).toMatch(new RegExp(`^${account.name} `, "m"));
    for (const stream of streams) expect(stdout).toMatch(new RegExp(`^${stream.name} .*${stream.subjects[0]}`, "m"));
  });

  test("the configuration of no server holds a seed", async () => {
    const { code, stdout, stderr } = await natsform(checkout, ["render", name]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).not.toMatch(seeds);
    expect(stdout).not.toMatch(/PRIVATE KEY|password|\btoken\b/i);
    for (const { name: cluster, servers } of topologyOf(name).clusters)
      for (const server of servers) expect(stdout).toContain(`# ${cluster}/${server.name}\n`);
  });
});

test("the pattern of a seed finds seeds and passes over public keys", () => {
  expect("x: SUAGMJH5XLGZKQQWAWKRZJIGMOU4HPFUYLXJMXOO5NLFEO2OOQJ5LPRDPM").toMatch(seeds);
  expect("UASUAGMJH5XLGZKQQWAWKRZJIGMOU4HPFUYLXJMXOO5NLFEO2OOQJ5LPRD").not.toMatch(seeds);
});

test("render --server prints that server alone, and --cluster those of that cluster", async () => {
  const one = await natsform(checkout, ["render", "demo", "--server", "core-1"]);
  expect(one.code).toBe(0);
  expect(one.stdout).toMatch(/^"?server_name"?: "core-1"/m);
  expect(one.stdout).not.toMatch(/server_name"?: "core-0"|^# core/m);
  const all = await natsform(checkout, ["render", "demo", "--cluster", "core"]);
  expect(all.stdout.match(/server_name/g)).toHaveLength(3);
});

test("render of a server that is not there names those that are", async () => {
  const { code, stderr } = await natsform(checkout, ["render", "demo", "--server", "core-9"]);
  expect(code).toBe(1);
  expect(stderr).toBe("error: demo has no such server\n  fix: known: core/core-0, core/core-1, core/core-2\n");
});
