import {
  awsNames,
  clusterOf,
  isOnKubernetes,
  type ProgramName,
  programModel,
  programsOf,
  stackPlan,
  type Topology,
} from "../../model/topology";

/** Programs whose images a cluster on Kubernetes runs. */
export function imagesOf(topology: Topology, name: string): ProgramName[] {
  const scope = { topology, cluster: clusterOf(topology, name) };
  return programsOf("kubernetes", "image").filter((program) => programModel(program).isNeeded(scope));
}

/** Repository that an image is pushed to. */
export interface ImageDestination {
  program: ProgramName;
  /** Region of the account's ECR; `undefined` where `repository` names the registry. */
  region?: string;
  /** On ECR without the registry, which depends on the account. */
  repository: string;
}

/** Every repository that the environment's images are pushed to; clusters that name an existing tag have none. */
export function imageDestinations(topology: Topology): ImageDestination[] {
  const foundations = stackPlan(topology).flatMap((stack) => (stack.layer === "foundation" ? [stack.region] : []));
  const ours = foundations.flatMap((region) =>
    programsOf("aws", "image").map((program) => ({
      program,
      region,
      repository: awsNames(topology.environment, region).repository(program),
    })),
  );
  const theirs = topology.clusters
    .filter(isOnKubernetes)
    .filter(({ platform }) => platform.images.tag === undefined)
    .flatMap(({ name, platform }) =>
      imagesOf(topology, name).map((program) => ({
        program,
        repository: `${platform.images.programs}/${program}`,
      })),
    );
  const unique = new Map([...ours, ...theirs].map((place) => [JSON.stringify(place), place]));
  return [...unique.values()];
}
