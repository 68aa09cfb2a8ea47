import { Command } from "@commander-js/extra-typings";
import { baseVariable } from "../../artifacts/image-settings";
import { json } from "./options";

const base = ["--base <reference>", `image to build on, by digest; default: ${baseVariable}`] as const;

export const images = () =>
  new Command("images")
    .description("container images of the programs, without a Docker daemon")
    .addCommand(
      new Command("build")
        .argument("<environment>")
        .description("build the images into .natsform/oci")
        .option(...base)
        .option(...json)
        .action(async (name, options) => (await import("../actions/images")).build(name, options)),
    )
    .addCommand(
      new Command("push")
        .argument("<environment>")
        .description("build the images and push them to their registries; existing ones are not pushed again")
        .option("--registry <host>", "registry to use instead of the account's ECR in each region")
        .option(...base)
        .option(...json)
        .action(async (name, options) => (await import("../actions/images")).push(name, options)),
    );
