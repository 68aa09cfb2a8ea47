import { openEnvironment } from "../core/environment";
import { print, printJson, table } from "../core/output";
import { UserError } from "../core/project";
import { buildImage } from "../images/build";
import { type ImageDestination, imageDestinations } from "../images/destinations";
import { type PushedImage, pushImage } from "../images/push";
import { accountRegistry, withLogin } from "../images/registry";
import { baseImage } from "../images/settings";

interface BuildOptions {
  base?: string;
  json?: boolean;
}

export async function build(environment: string, options: BuildOptions): Promise<void> {
  const { root, places } = await imagesOf(environment);
  const base = baseImage(options.base, process.env);
  const built = [];
  const programs = new Map(places.map((place) => [place.program, place.repository]));
  for (const [name, repository] of programs) built.push({ repository, ...(await buildImage(root, name, base)) });
  if (options.json) printJson(built);
  else print(table(built.map((image) => [`${image.repository}:${image.tag}`, image.digest, image.layout])));
}

export async function push(environment: string, options: BuildOptions & { registry?: string }): Promise<void> {
  const { root, places } = await imagesOf(environment);
  const base = baseImage(options.base, process.env);
  const pushed: PushedImage[] = [];
  for (const [registry, some] of await byRegistry(places, options.registry)) {
    await withLogin(registry, async (dockerConfig) => {
      for (const { program, repository } of some)
        pushed.push(await pushImage({ root, program, base, repository, dockerConfig }));
    });
  }
  if (options.json) printJson(pushed);
  else print(table(pushed.map((image) => [image.reference, image.tag, image.pushed ? "pushed" : "existed"])));
}

/** Whole repositories by registry: a login opens one of them. */
async function byRegistry(
  places: readonly ImageDestination[],
  chosen?: string,
): Promise<Map<string, ImageDestination[]>> {
  const found = new Map<string, ImageDestination[]>();
  for (const { program, region, repository } of places) {
    const ours = region === undefined ? undefined : (chosen ?? (await accountRegistry(region)));
    const place = { program, repository: ours ? `${ours}/${repository}` : repository };
    const registry = ours ?? repository.split("/")[0] ?? "";
    const some = found.get(registry) ?? [];
    if (!some.some((one) => one.repository === place.repository)) found.set(registry, [...some, place]);
  }
  return found;
}

/** @throws UserError when no cluster of the environment runs containers of ours that are built here */
async function imagesOf(environment: string): Promise<{ root: string; places: ImageDestination[] }> {
  const { root, topology } = await openEnvironment(environment);
  const places = imageDestinations(topology);
  if (places.length === 0)
    throw new UserError(
      `${environment} needs no images: it has no cluster on AWS, and its clusters on Kubernetes name a tag`,
    );
  return { root, places };
}
