import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import fc from "fast-check";
import type { Platform, PlatformKind } from "../../../model/config";
import { type ClusterTopology, platformModel, platformModels, stackPlan } from "../../../model/topology";
import { topologies } from "../../support/arbitrary-environment";
import { readImports } from "../../support/import-graph";

const kinds = Object.keys(platformModels) as PlatformKind[];

/** Arbitrary clusters on one platform, with the topology that they are of. */
const clustersOn = (kind: PlatformKind) =>
  topologies
    .filter(({ clusters }) => clusters.some(({ platform }) => platform.kind === kind))
    .map((topology) => ({ topology, cluster: topology.clusters.find(({ platform }) => platform.kind === kind) }))
    .filter(
      (found): found is { topology: typeof found.topology; cluster: ClusterTopology } => found.cluster !== undefined,
    );

/** Platforms that serve the public unless somebody closes them; every other one is closed. */
const open: readonly PlatformKind[] = ["aws-ecs", "aws-ec2", "hosts"];

describe.each(kinds)("%s", (kind) => {
  test("servers have distinct names and hosts, and every route leads to a name of the certificate", () => {
    fc.assert(
      fc.property(clustersOn(kind), ({ cluster }) => {
        const { servers, certificates } = cluster;
        expect(servers).toHaveLength(platformModel(cluster.platform).size(cluster.platform, servers.length));
        expect(new Set(servers.map(({ name }) => name)).size).toBe(servers.length);
        expect(new Set(servers.map(({ host }) => host)).size).toBe(servers.length);
        const internal = certificates.find(({ id }) => id === "internal");
        expect(internal?.names).toEqual(expect.arrayContaining(servers.map(({ host }) => host)));
      }),
      { numRuns: 30 },
    );
  });

  test("monitoring is never for the public, and clients' listeners only where the platform says so", () => {
    fc.assert(
      fc.property(clustersOn(kind), ({ cluster: { platform, listeners } }) => {
        const exposed = listeners.filter(({ exposure }) => exposure === "public").map(({ name }) => name);
        expect(exposed).not.toContain("monitoring");
        expect(exposed).not.toContain("routes");
        if (platformModel(platform).exposure(platform) === "internal") expect(exposed).toEqual([]);
        if (!open.includes(kind)) expect(exposed).toEqual([]);
        if ("access" in platform && platform.access === "vpc") expect(exposed).toEqual([]);
      }),
      { numRuns: 30 },
    );
  });

  test("every server stands in a zone, the fullest first, as far as zones are known", () => {
    fc.assert(
      fc.property(clustersOn(kind), ({ cluster: { platform, servers } }) => {
        const sizes = platformModel(platform).zoneSizes(platform, servers.length);
        if (!sizes) return;
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(servers.length);
        expect([...sizes].sort((a, b) => b - a)).toEqual(sizes);
      }),
      { numRuns: 30 },
    );
  });

  test("a server's paths are distinct", () => {
    const { paths } = platformModels[kind];
    const files = [
      paths.pidFile,
      paths.storeDir,
      paths.resolverDir,
      ...(["internal", "routes", "leafnodes"] as const).flatMap((id) => Object.values(paths.certificate(id))),
      ...(["public", "internal", "routes", "leafnodes"] as const).map((issuer) => paths.ca(issuer)),
      paths.credentials("one"),
      paths.credentials("two"),
    ];
    expect(new Set(files).size).toBe(files.length);
  });

  test("its stacks are planned for the cluster, in one region where it has one", () => {
    fc.assert(
      fc.property(clustersOn(kind), ({ topology, cluster }) => {
        const model = platformModel(cluster.platform);
        const own = model.stacks(topology, cluster).map(({ id }) => id);
        const plan = stackPlan(topology);
        expect(plan.filter((stack) => stack.cluster === cluster.name).map(({ id }) => id)).toEqual(own);
        for (const stack of plan.filter((stack) => stack.cluster === cluster.name))
          if ("region" in stack) expect(stack.region).toBe(model.region(cluster.platform));
      }),
      { numRuns: 30 },
    );
  });
});

/** What asks for the kind of a platform outside of the platforms' entries, and why. */
const asking: Record<string, string> = {
  "admission/chart-problems.ts": "judges values of the chart",
  "cli/backup/deployed.ts": "backups are run by hand on Kubernetes alone",
  "cli/actions/topology.ts": "prints it",
  "cli/core/kubernetes-access.ts": "asks for the kind of a login",
  "cli/deploy/aws/check-record.ts": "part of the driver",
  "cli/deploy/aws/images.ts": "part of the driver",
  "cli/deploy/aws/restarts.ts": "part of the driver",
  "cli/deploy/deployment.ts": "prints it",
  "cli/deploy/exchange-authorities.ts": "hands on the access to Kubernetes, where there is one",
  "cli/deploy/kubernetes/charts.ts": "part of the driver",
  "cli/deploy/kubernetes/check-servers.ts": "part of the driver",
  "cli/deploy/kubernetes/cluster.ts": "part of the driver",
  "cli/deploy/preflight/kubernetes-rights.ts": "looks at Kubernetes",
  "cli/deploy/preflight/kubernetes.ts": "looks at Kubernetes",
  "cli/deploy/preflight/preflight.ts": "prints it",
  "cli/deploy/roll.ts": "rolls clusters on Kubernetes alone",
  "cli/deploy/states/left.ts": "access to the Kubernetes that an old state is on",
  "cli/deploy/preflight/tools.ts": "logins to Kubernetes, and images that a tag names",
  "cli/deploy/targets.ts": "opens the access to Kubernetes",
  "cli/images/destinations.ts": "images that a tag names",
  "cli/keys/leaf-authority.ts": "reads a Secret of Kubernetes, or of AWS",
  "cli/report/live-servers.ts": "servers on Kubernetes are reached through its API",
  "model/change/forbidden.ts": "where a cluster is elsewhere as a whole, another signer says nothing more",
  "model/change/platform.ts": "a larger cluster on ECS has other certificates, for which its servers restart",
  "model/config/checks/aws.ts": "reads what is not parsed yet",
  "model/config/checks/http-gateway.ts": "reads what is not parsed yet",
  "model/config/checks/kubernetes.ts": "reads what is not parsed yet",
  "model/config/checks/raw.ts": "reads what is not parsed yet",
  "model/lint/backup-history.ts": "a rule about the identities of pods",
  "model/lint/backup.ts": "a rule about keys that are named in a Secret of Kubernetes",
  "model/lint/certificates.ts": "prints it",
  "model/lint/charts.ts": "a rule about the chart",
  "model/lint/egress.ts": "a rule about the image that ECS pulls",
  "model/lint/fleet.ts": "autoscalers of Kubernetes, and not those of AWS, refuse to go to nothing",
  "model/lint/leafnodes.ts": "prints it",
  "model/lint/limits.ts": "values of the chart",
  "model/lint/memory.ts": "a rule about the sizes of Fargate",
  "model/lint/nats-box.ts": "a rule about the chart",
  "model/review/rules/data.ts": "a rule about volumes of Kubernetes",
  "model/topology/platforms.ts": "narrows to what exists on one platform alone",
  "model/topology/stack-record.ts": "notes how the Kubernetes of a stack is reached",
  "model/topology/stacks.ts": "compares clusters of one kind",
  "modules/aws/context.ts": "narrows for constructs",
  "modules/kubernetes/context.ts": "narrows for constructs",
  "stacks/aws-foundation.ts": "clusters of the region",
  "stacks/index.ts": "prints it",
  "templates/change/chart-values.ts": "reads values of the chart",
  "templates/change/server-changes.ts": "what is exchanged beside a configuration: servers of ECS restart for it",
  "templates/diagram.ts": "prints it",
};

test("whoever asks for the kind of a platform outside of its entry has a reason", () => {
  const root = resolve(__dirname, "../../..");
  const { files } = readImports(
    root,
    /^(__tests__|docs|bench|environments|runtime|model\/topology\/platform-models)\//,
  );
  const asks =
    /\bplatform(?:[.?]+|: \{ )kind|\bkind === "(?:aws|kube|hosts)|\.kind\b.*"aws-|isOnEcs\b\(?|isOnKubernetes\b/;
  const found = files.filter((file) =>
    readFileSync(join(root, file), "utf8")
      .split("\n")
      .some((line) => asks.test(line) && !/^(import|export|\s+(type )?\w+,$)/.test(line)),
  );
  expect(found.sort()).toEqual(Object.keys(asking).sort());
});

test("a platform is not found by the name of another", () => {
  expect(kinds.map((kind) => platformModel({ kind } as Platform))).toEqual(Object.values(platformModels));
});
