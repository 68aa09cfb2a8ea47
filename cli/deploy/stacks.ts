import { awsClusterNames, awsNames, type Topology } from "../../modules/topology";

/** A Terraform state of the environment, in the order in which they are applied. */
export interface DeployedStack {
  id: string;
  layer: "foundation" | "certificates" | "nats" | "programs";
  region: string;
  /** Cluster that it belongs to; a foundation belongs to its region. */
  cluster?: string;
  /** Stacks whose things this one looks up: it cannot be planned before they are applied. */
  after: string[];
}

/** Every stack of the environment's clusters on ECS. */
export function deployedStacks(topology: Topology): DeployedStack[] {
  const environment = topology.environment;
  const clusters = topology.clusters.flatMap(({ name, platform }) =>
    platform.kind === "aws-ecs" ? [{ name, region: platform.region }] : [],
  );
  const regions = [...new Set(clusters.map(({ region }) => region))];
  return [
    ...regions.map((region) => ({
      id: awsNames(environment, region).foundationStack,
      layer: "foundation" as const,
      region,
      after: [],
    })),
    ...clusters.flatMap(({ name, region }) => {
      const names = awsClusterNames(environment, name);
      const foundation = awsNames(environment, region).foundationStack;
      const own = { region, cluster: name };
      return [
        { ...own, id: names.certificatesStack, layer: "certificates" as const, after: [foundation] },
        { ...own, id: names.natsStack, layer: "nats" as const, after: [foundation, names.certificatesStack] },
        { ...own, id: names.programsStack, layer: "programs" as const, after: [foundation, names.natsStack] },
      ];
    }),
  ];
}
