import type { Command } from "commander";
import { loadEnvironment } from "../../modules/config/load";
import { awsNames, awsRegions, buildTopology } from "../../modules/topology";
import { projectRoot } from "../environments";
import { buildImage } from "../images/build";
import { imagePrograms } from "../images/folder";
import { pushImage } from "../images/push";
import { accountRegistry, withLogin } from "../images/registry";
import { baseImage, baseVariable } from "../images/settings";
import { print, printJson, table } from "../output";
import { UserError } from "../project";

interface BuildOptions {
  base?: string;
  json?: boolean;
}

const baseHelp = `image to build on, by digest; default: ${baseVariable}`;

export function registerImages(program: Command): void {
  const images = program.command("images").description("container images of the programs, without a Docker daemon");

  images
    .command("build")
    .argument("<environment>")
    .description("build the images into .natsform/oci")
    .option("--base <reference>", baseHelp)
    .option("--json", "machine-readable result")
    .action(async (environment: string, options: BuildOptions) => {
      const { root, regions } = await imagesOf(environment);
      const { repository } = awsNames(environment, regions[0] ?? "");
      const base = baseImage(options.base, process.env);
      const built = [];
      for (const name of imagePrograms) {
        built.push({ repository: repository(name), ...(await buildImage(root, name, base)) });
      }
      if (options.json) printJson(built);
      else print(table(built.map((image) => [`${image.repository}:${image.tag}`, image.digest, image.layout])));
    });

  images
    .command("push")
    .argument("<environment>")
    .description("build the images and bring them into the account's registry; what is there is left alone")
    .option("--registry <host>", "default: ECR of the account and of each region of the environment")
    .option("--base <reference>", baseHelp)
    .option("--json", "machine-readable result")
    .action(async (environment: string, options: BuildOptions & { registry?: string }) => {
      const { root, regions } = await imagesOf(environment);
      const { repository } = awsNames(environment, regions[0] ?? "");
      const base = baseImage(options.base, process.env);
      const registries = options.registry
        ? [options.registry]
        : await Promise.all(regions.map((region) => accountRegistry(region)));
      const pushed = [];
      for (const registry of registries) {
        const inRegistry = await withLogin(registry, async (dockerConfig) => {
          const done = [];
          for (const name of imagePrograms) {
            const place = `${registry}/${repository(name)}`;
            done.push(await pushImage({ root, program: name, base, repository: place, dockerConfig }));
          }
          return done;
        });
        pushed.push(...inRegistry);
      }
      if (options.json) printJson(pushed);
      else print(table(pushed.map((image) => [image.reference, image.tag, image.pushed ? "pushed" : "was there"])));
    });
}

/** @throws UserError when no cluster of the environment runs containers of ours */
async function imagesOf(environment: string): Promise<{ root: string; regions: string[] }> {
  const root = projectRoot();
  const regions = awsRegions(buildTopology(await loadEnvironment(environment, root)));
  if (regions.length === 0) throw new UserError(`${environment} has no cluster on AWS, so it needs no images`);
  return { root, regions };
}
