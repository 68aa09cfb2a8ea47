import {
  awsNames,
  type ClusterTopology,
  clusterOf,
  clustersInRegion,
  isBuilt,
  isOnEcs,
  isOnKubernetes,
  type ProgramName,
  programModel,
  programsIn,
  programsOf,
  serviceRepository,
  stackPlan,
  type Topology,
} from "../../model/topology";

/** Programs whose images a cluster on Kubernetes runs. */
export function imagesOf(topology: Topology, name: string): ProgramName[] {
  const scope = { topology, cluster: clusterOf(topology, name) };
  return programsOf("kubernetes", "image").filter((program) => programModel(program).isNeeded(scope));
}

/** Programs whose images clusters on ECS in one region run. */
export const imagesIn = (topology: Topology, clusters: readonly ClusterTopology[]): ProgramName[] =>
  programsIn(topology, clusters).filter((program) => programModel(program).runs.aws === "image");

/** Repository that an image is pushed to. */
export interface ImageDestination {
  /** One of natsform's programs, or else a service of the environment. */
  program?: ProgramName;
  service?: string;
  /** Region of the account's ECR; `undefined` where `repository` names the registry. */
  region?: string;
  /** On ECR without the registry, which depends on the account. */
  repository: string;
}

/** Every repository that the environment's images are pushed to; clusters that name an existing tag have none for programs. */
export function imageDestinations(topology: Topology): ImageDestination[] {
  const foundations = stackPlan(topology).flatMap((stack) => (stack.layer === "foundation" ? [stack.region] : []));
  const ours = foundations.flatMap((region) => {
    const names = awsNames(topology.environment, region);
    const clusters = clustersInRegion(topology, region).filter(isOnEcs);
    return [
      ...imagesIn(topology, clusters).map((program) => ({ program, region, repository: names.repository(program) })),
      ...clusters
        .flatMap(({ fleet }) => fleet.filter(isBuilt))
        .map(({ name }) => ({ service: name, region, repository: names.serviceRepository })),
    ];
  });
  const theirs = topology.clusters.filter(isOnKubernetes).flatMap(({ name, platform, fleet }) => [
    ...(platform.images.tag === undefined ? imagesOf(topology, name) : []).map((program) => ({
      program,
      repository: `${platform.images.programs}/${program}`,
    })),
    ...fleet.filter(isBuilt).map(({ name: service }) => ({ service, repository: serviceRepository(platform) })),
  ]);
  const unique = new Map([...ours, ...theirs].map((place) => [JSON.stringify(place), place]));
  return [...unique.values()];
}
