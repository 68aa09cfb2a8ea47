import { imagePlaces } from "../../cli/images/places";
import demo from "../../environments/demo";
import kubernetesProduction from "../../environments/kubernetes-production";
import { type Environment, type EnvironmentInput, parseEnvironment } from "../../model/config";
import { buildTopology, deployedStacks, type Topology, withoutStacks } from "../../model/topology";

function environmentOf(input: EnvironmentInput): Environment {
  const { environment, problems } = parseEnvironment(input, input.name);
  if (!environment) throw new Error(JSON.stringify(problems));
  return environment;
}
const topologyOf = (input: EnvironmentInput): Topology => buildTopology(environmentOf(input));

/** A hub on Kubernetes and its leaf nodes on AWS, which the file names first. */
function mixed(): EnvironmentInput {
  const edge = structuredClone(demo.clusters.core);
  const hub = structuredClone(kubernetesProduction.clusters.nats);
  if (!edge || !hub) throw new Error("the shipped environments have other clusters");
  return {
    ...structuredClone(kubernetesProduction),
    name: "mixed",
    clusters: {
      edge: { ...edge, leafOf: { cluster: "hub" }, jetstream: undefined },
      hub: { ...hub, jetstream: { ...hub.jetstream, domain: "hub" } },
    },
    streams: [{ name: "TEST", cluster: "hub", subjects: ["test.>"] }],
  };
}

const ids = (topology: Topology) => deployedStacks(topology).map(({ id }) => id);

test("stacks on Kubernetes come in the order in which each finds what it waits for", () => {
  const stacks = deployedStacks(topologyOf(kubernetesProduction));
  expect(stacks.map(({ layer }) => layer)).toEqual(["pki", "core", "auth", "streams", "backup"]);
  expect(stacks.map(({ id }) => id)).toEqual(
    ["pki", "core", "auth", "streams", "backup"].map((layer) => `kubernetes-production-nats-${layer}`),
  );
  // They look nothing of each other up: each can be planned before anything is there.
  expect(stacks.flatMap(({ after }) => after)).toEqual([]);
});

test("without streams and backups there are no stacks of them", () => {
  const input = structuredClone(kubernetesProduction);
  input.streams = [];
  if (input.clusters.nats) input.clusters.nats.backup = undefined;
  expect(deployedStacks(topologyOf(input)).map(({ layer }) => layer)).toEqual(["pki", "core", "auth"]);
});

test("one environment holds both platforms, and a hub comes before its leaf nodes", () => {
  expect(ids(topologyOf(mixed()))).toEqual([
    "mixed-eu-west-1-foundation",
    ...["pki", "core", "auth", "streams", "backup"].map((layer) => `mixed-hub-${layer}`),
    ...["certificates", "nats", "programs"].map((layer) => `mixed-edge-${layer}`),
  ]);
});

test("what AWS's stacks look up is there before they are planned", () => {
  for (const topology of [topologyOf(demo), topologyOf(mixed())]) {
    const order = ids(topology);
    for (const { id, after } of deployedStacks(topology))
      for (const other of after) expect(order.indexOf(other)).toBeLessThan(order.indexOf(id));
  }
});

test("clusters of platforms without stacks are named", () => {
  const topology = topologyOf(demo);
  const [core] = topology.clusters;
  if (!core) throw new Error("demo has no cluster");
  const bare = { ...core, name: "bare", platform: { ...core.platform, kind: "hosts" } as never };
  expect(withoutStacks({ ...topology, clusters: [core, bare] })).toEqual(["bare (hosts)"]);
});

test("images go to the registry that the platform names, and to ECR; those of a named tag go nowhere", () => {
  const placesOf = (input: EnvironmentInput) => imagePlaces(environmentOf(input), topologyOf(input));
  const places = placesOf(mixed()).map(({ program, region, repository }) => [region ?? "", program, repository]);
  expect(places.filter(([region]) => region === "")).toEqual(
    ["auth-callout", "certificate-renewal", "streams", "backup"].map((program) => ["", program, `natsform/${program}`]),
  );
  expect(places).toContainEqual(["eu-west-1", "certificate-agent", "mixed/certificate-agent"]);
  const tagged = structuredClone(kubernetesProduction);
  const platform = tagged.clusters.nats?.platform;
  if (platform?.kind === "kubernetes") platform.images = { tag: "v7" };
  expect(placesOf(tagged)).toEqual([]);
});
