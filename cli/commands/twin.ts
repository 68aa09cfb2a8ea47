import { Command } from "@commander-js/extra-typings";
import { json } from "./options";

export const up = () =>
  new Command("up")
    .argument("<environment>")
    .description("run the environment's clusters as real servers on this machine, or bring them up to date")
    .option("--plan", "show what would change, and touch nothing; exit 0: nothing, 2: something, 3: not in one step")
    .option("--allow-data-loss <names...>", "streams, STREAM/consumer, accounts and clusters whose data may be lost")
    .option("--yes", "confirm that clients have to reconnect; confirms no loss")
    .option("--disconnect", "end connections that still have rights of before")
    .option(...json)
    .option("--ports <choice>", "new: another block than before; a number: first port of the block of 500")
    .action(async (name, options) => (await import("../actions/twin")).up(name, options));

export const down = () =>
  new Command("down")
    .argument("[environments...]", "names; without any, every twin of the project")
    .description("stop twins and emulated deployments; a twin's data stays for the next up")
    .option("--wipe", "remove their data, keys and certificates too")
    .option("--now", "do not wait for lame duck mode")
    .action(async (names, options) => (await import("../actions/twin")).down(names, options));

export const status = () =>
  new Command("status")
    .argument("[environments...]", "names; without any, every twin of the project")
    .description("show the processes of a twin; exit 1 when one does not run")
    .option(...json)
    .action(async (names, options) => (await import("../actions/twin")).status(names, options));

export const logs = () =>
  new Command("logs")
    .argument("<environment>")
    .argument("[name]", "a server or program, by its name in natsform status")
    .description("print the logs of servers and programs")
    .option("-n, --lines <count>", "last lines of each log", "20")
    .option("-f, --follow", "keep printing new lines")
    .action(async (name, part, options) => (await import("../actions/twin")).logs(name, part, options));

const noClaims: string[] = [];

export const token = () =>
  new Command("token")
    .argument("<environment>")
    .description("print a token of the twin's OIDC issuer, and nothing else")
    .requiredOption("--sub <subject>", "subject of the token")
    .option(
      "--claim <name=value...>",
      "further claims; a value that is not JSON is text",
      (value: string, previous: string[]) => [...previous, value],
      noClaims,
    )
    .option("--expires <seconds>", "lifetime", "3600")
    .action(async (name, options) => (await import("../actions/twin")).token(name, options));

export const contexts = () =>
  new Command("contexts")
    .argument("<environment>")
    .description("write contexts for the nats CLI: one for each cluster and login of the twin")
    .option("--folder <path>", "default: the nats CLI's own, below the user's configuration")
    .option("--replace", "also contexts of these names that natsform did not write for this twin")
    .action(async (name, options) => (await import("../actions/twin")).contexts(name, options));
