import { Command } from "@commander-js/extra-typings";
import { json } from "./options";

export const connect = () =>
  new Command("connect")
    .argument("<environment>")
    .description("print what a program needs to connect: variables, or a file in its language; seeds by path alone")
    .option("--as <service>", "a service of the environment")
    .option("--sub <name>", "a person, who comes with a token")
    .option("--lang <language>", "env, node (nats.js 3), node-v2 (nats.js 2), python, go or browser", "env")
    .option("--cluster <name>", "default: the environment's first")
    .option("--deployed", "the deployment instead of the twin")
    .option(...json)
    .action(async (name, options) => (await import("../actions/connect")).connect(name, options));
