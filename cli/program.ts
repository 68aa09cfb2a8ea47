import { Command } from "commander";
import type * as backup from "./commands/backup";
import type * as bundle from "./commands/bundle";
import type * as check from "./commands/check";
import type * as deploy from "./commands/deploy";
import type * as doctor from "./commands/doctor";
import type * as images from "./commands/images";
import type * as keys from "./commands/keys";
import type * as leafCredentials from "./commands/leaf-credentials";
import type * as permissions from "./commands/permissions";
import type * as render from "./commands/render";
import type * as streams from "./commands/streams";
import type * as topology from "./commands/topology";
import type * as twin from "./commands/twin";
import type * as verify from "./commands/verify";

/**
 * Modules that register commands, in the order of the help. A module is loaded when one of its commands is called:
 * loading all of them takes longer than most commands take to run.
 */
const modules: readonly { commands: readonly string[]; load(): (program: Command) => void }[] = [
  { commands: ["doctor"], load: () => (require("./commands/doctor") as typeof doctor).registerDoctor },
  { commands: ["check"], load: () => (require("./commands/check") as typeof check).registerCheck },
  { commands: ["topology"], load: () => (require("./commands/topology") as typeof topology).registerTopology },
  { commands: ["render"], load: () => (require("./commands/render") as typeof render).registerRender },
  { commands: ["keys"], load: () => (require("./commands/keys") as typeof keys).registerKeys },
  {
    commands: ["leaf-credentials"],
    load: () => (require("./commands/leaf-credentials") as typeof leafCredentials).registerLeafCredentials,
  },
  {
    commands: ["permissions"],
    load: () => (require("./commands/permissions") as typeof permissions).registerPermissions,
  },
  {
    commands: ["up", "down", "status", "logs", "token", "contexts"],
    load: () => (require("./commands/twin") as typeof twin).registerTwin,
  },
  { commands: ["streams"], load: () => (require("./commands/streams") as typeof streams).registerStreams },
  { commands: ["backup"], load: () => (require("./commands/backup") as typeof backup).registerBackup },
  { commands: ["verify"], load: () => (require("./commands/verify") as typeof verify).registerVerify },
  { commands: ["bundle"], load: () => (require("./commands/bundle") as typeof bundle).registerBundle },
  { commands: ["images"], load: () => (require("./commands/images") as typeof images).registerImages },
  { commands: ["deploy"], load: () => (require("./commands/deploy") as typeof deploy).registerDeploy },
];

/** Every command of natsform, or of the module that `called` is a command of. */
export function buildProgram(called?: string): Command {
  const program = new Command("natsform")
    .description("NATS on AWS and Kubernetes from one typed configuration, with a local twin that proves it.")
    .version((require("../package.json") as { version: string }).version)
    .showHelpAfterError("(natsform --help lists the commands)")
    .addHelpText("after", "\nExit codes: 0 success, 1 failure with a message, 2 wrong usage, 70 a defect of natsform.");
  const desired = modules.filter(({ commands }) => called !== undefined && commands.includes(called));
  for (const { load } of desired.length > 0 ? desired : modules) load()(program);
  // commander's own errors are about usage: unknown options, missing arguments.
  for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
    command.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  }
  return program;
}
