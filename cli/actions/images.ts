import { openEnvironment } from "../core/environment";
import { print, printJson, table } from "../core/output";
import { UserError } from "../core/project";
import { buildImage } from "../images/build";
import { type ImageDestination, imageDestinations } from "../images/destinations";
import { type PushedImage, pushImage } from "../images/push";
import { accountRegistry, withLogin } from "../images/registry";
import { baseImage } from "../images/settings";
import { type ImageSource, programSource, serviceSources } from "../images/source";

interface BuildOptions {
  base?: string;
  json?: boolean;
}

export async function build(environment: string, options: BuildOptions): Promise<void> {
  const { root, places } = await imagesOf(environment, options);
  const built = [];
  const sources = new Map(places.map((place) => [place.source.name, place]));
  for (const { repository, source } of sources.values())
    built.push({ repository, ...(await buildImage(root, source)) });
  if (options.json) printJson(built);
  else print(table(built.map((image) => [`${image.repository}:${image.tag}`, image.digest, image.layout])));
}

export async function push(environment: string, options: BuildOptions & { registry?: string }): Promise<void> {
  const { root, places } = await imagesOf(environment, options);
  const pushed: PushedImage[] = [];
  for (const [registry, some] of await byRegistry(places, options.registry)) {
    await withLogin(registry, async (dockerConfig) => {
      for (const { source, repository } of some)
        pushed.push(await pushImage({ root, source, repository, dockerConfig }));
    });
  }
  if (options.json) printJson(pushed);
  else print(table(pushed.map((image) => [image.reference, image.tag, image.pushed ? "pushed" : "existed"])));
}

/** Whole repositories by registry: a login opens one of them. */
async function byRegistry(places: readonly PlacedImage[], chosen?: string): Promise<Map<string, PlacedImage[]>> {
  const found = new Map<string, PlacedImage[]>();
  for (const { source, region, repository } of places) {
    const ours = region === undefined ? undefined : (chosen ?? (await accountRegistry(region)));
    const place = { source, repository: ours ? `${ours}/${repository}` : repository };
    const registry = ours ?? repository.split("/")[0] ?? "";
    const some = found.get(registry) ?? [];
    if (!some.some((one) => one.repository === place.repository && one.source.tag === source.tag))
      found.set(registry, [...some, place]);
  }
  return found;
}

/** An image and where it goes. */
interface PlacedImage extends Pick<ImageDestination, "region" | "repository"> {
  source: ImageSource;
}

/** @throws UserError when no cluster of the environment runs containers that are built here, or something of one is missing */
async function imagesOf(environment: string, options: BuildOptions): Promise<{ root: string; places: PlacedImage[] }> {
  const { root, topology } = await openEnvironment(environment);
  const destinations = imageDestinations(topology);
  if (destinations.length === 0)
    throw new UserError(
      `${environment} needs no images: it has no cluster on AWS, and its clusters on Kubernetes name a tag`,
    );
  const base = baseImage(options.base, process.env);
  const services = serviceSources(root, topology, topology.clusters, base);
  const places = destinations.flatMap(({ program, service, ...place }) => {
    const source = program
      ? programSource(root, program, base)
      : services.find(({ service: name }) => name === service);
    return source ? [{ ...place, source }] : [];
  });
  return { root, places };
}
