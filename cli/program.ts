import { Command } from "commander";
import { registerBackup } from "./commands/backup";
import { registerBundle } from "./commands/bundle";
import { registerCheck } from "./commands/check";
import { registerDeploy } from "./commands/deploy";
import { registerDoctor } from "./commands/doctor";
import { registerImages } from "./commands/images";
import { registerKeys } from "./commands/keys";
import { registerPermissions } from "./commands/permissions";
import { registerRender } from "./commands/render";
import { registerStreams } from "./commands/streams";
import { registerTopology } from "./commands/topology";
import { registerTwin } from "./commands/twin";
import { registerVerify } from "./commands/verify";

/** Every command of natsform. */
export function buildProgram(): Command {
  const program = new Command("natsform")
    .description("NATS on AWS and Kubernetes from one typed configuration, with a local twin that proves it.")
    .version((require("../package.json") as { version: string }).version)
    .showHelpAfterError("(natsform --help lists the commands)")
    .addHelpText(
      "after",
      "\nExit codes: 0 done, 1 something is wrong and was said, 2 wrong usage, 70 a defect of natsform.",
    );
  registerDoctor(program);
  registerCheck(program);
  registerTopology(program);
  registerRender(program);
  registerKeys(program);
  registerPermissions(program);
  registerTwin(program);
  registerStreams(program);
  registerBackup(program);
  registerVerify(program);
  registerBundle(program);
  registerImages(program);
  registerDeploy(program);
  // commander's own errors are about usage: unknown options, missing arguments.
  for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
    command.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  }
  return program;
}
