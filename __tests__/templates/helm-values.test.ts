import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { parse } from "yaml";
import { makeKeys } from "../../cli/keys/make";
import { MemoryStore } from "../../cli/keys/store";
import { isOnKubernetes } from "../../model/topology";
import { helmValues, valuesProblems } from "../../templates/helm-values";
import { type ChartKeys, chartKeys } from "../../templates/helm-values/chart-keys";
import { volumeSize } from "../../templates/helm-values/config";
import { inMode } from "../support/arbitrary-environment";
import { findChart } from "../support/chart";

const said = (values: unknown) =>
  valuesProblems(values).map(({ path, message, fix }) => `${path.join(".")} ${message}${fix ? `; ${fix}` : ""}`);

test.each([
  ["an 0.x key", { natsbox: { enabled: true } }, 'natsbox is no key of the chart; did you mean "natsBox"?'],
  [
    "a key of another section",
    { config: { jetstream: { fileStorage: {} } } },
    'config.jetstream.fileStorage is no key of the chart; did you mean "fileStore"?',
  ],
  [
    "a slip",
    { config: { cluster: { replica: 3 } } },
    'config.cluster.replica is no key of the chart; did you mean "replicas"?',
  ],
  ["a block that the chart does not have", { auth: { enabled: false } }, /^auth is no key of the chart/],
  ["text where keys are", { config: "port: 1" }, "config holds further keys in the chart"],
  [
    "keys where a value is",
    { config: { nats: { port: { number: 1 } } } },
    "config.nats.port is a single value of the chart",
  ],
  ["text that becomes syntax", { config: { merge: { server_metadata: { a: "<< } >>" } } } }, /cannot hand on to NATS/],
  ["text that NATS refuses", { config: { merge: { server_metadata: { a: "\u0001" } } } }, /cannot hand on to NATS/],
  ["a key of every object", { config: { constructor: {} } }, /^config\.constructor is no key/],
])("%s is refused", (_, values, expected) => {
  expect(said(values)).toEqual([expect.stringMatching(expected)]);
});

test("what goes to Kubernetes or NATS as it stands may hold any key, and sizes and variables are syntax", () => {
  const merge = { anything: { at: ["all"] }, max_payload: "<< 8MiB >>", password: "<< $PASSWORD >>" };
  expect(
    said({ config: { merge, patch: [] }, container: { env: { A: { valueFrom: {} } } }, extraResources: [{}] }),
  ).toEqual([]);
});

test("volumes hold the file store at nine tenths", () => {
  expect([1, 90, 100].map((gib) => volumeSize(gib * 2 ** 30))).toEqual(["2Gi", "100Gi", "112Gi"]);
  expect(volumeSize(1)).toBe("1Gi");
});

test("arbitrary environments are printed with keys of the chart alone, from plain data to plain data", async () => {
  let printed = 0;
  await fc.assert(
    fc.asyncProperty(fc.oneof(inMode("callout"), inMode("operator")), async (topology) => {
      const clusters = topology.clusters.filter(isOnKubernetes);
      if (clusters.length === 0) return;
      const { trust } = await makeKeys(topology, new MemoryStore());
      for (const cluster of clusters) {
        const values = helmValues({ topology, cluster, trust });
        expect(said(values)).toEqual([]);
        expect(JSON.parse(JSON.stringify(values))).toEqual(values);
        expect(helmValues({ topology: structuredClone(topology), cluster: structuredClone(cluster), trust })).toEqual(
          values,
        );
        printed++;
      }
    }),
    { numRuns: 60, seed: 1 },
  );
  expect(printed).toBeGreaterThan(5);
});

const chart = findChart();
("missing" in chart ? test.skip : test)(
  "the model has the keys of the chart's own values, every one and no other",
  () => {
    if ("missing" in chart) return;
    const values = parse(readFileSync(join(chart.folder, "values.yaml"), "utf8")) as Record<string, unknown>;
    const written = paths(values, chartKeys);
    expect(valuesProblems(values)).toEqual([]);
    // Kubernetes' own keys of a service's port, of which the chart's defaults show one.
    const known = knownPaths(chartKeys).filter(
      (path) => !/^service\.ports\.\w+\.(port|nodePort|name|targetPort|protocol|appProtocol)$/.test(path),
    );
    expect(known.filter((path) => !written.includes(path))).toEqual([]);
  },
);

/** Paths of the values down to where anything may stand. */
function paths(value: unknown, known: ChartKeys | undefined, path = ""): string[] {
  if (typeof known !== "object" || typeof value !== "object" || value === null) return [path];
  if (Object.keys(value).length === 0) return [path];
  return Object.entries(value).flatMap(([key, item]) => {
    const below = "each" in known ? known.each : known.keys[key];
    return paths(item, below, path ? `${path}.${"each" in known ? "*" : key}` : key);
  });
}

function knownPaths(known: ChartKeys, path = ""): string[] {
  if (typeof known === "string") return [path];
  if ("each" in known) return typeof known.each === "string" ? [path] : knownPaths(known.each, `${path}.*`);
  return Object.entries(known.keys).flatMap(([key, below]) => knownPaths(below, path ? `${path}.${key}` : key));
}
