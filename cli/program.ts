import { Command, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { version } from "../package.json";
import { access } from "./commands/access";
import { audit } from "./commands/audit";
import { backup } from "./commands/backup";
import { bundle } from "./commands/bundle";
import { check } from "./commands/check";
import { connect } from "./commands/connect";
import { deploy } from "./commands/deploy";
import { deployPolicy } from "./commands/deploy-policy";
import { doctor } from "./commands/doctor";
import { heal } from "./commands/heal";
import { images } from "./commands/images";
import { keys } from "./commands/keys";
import { leafCredentials } from "./commands/leaf-credentials";
import { permissions } from "./commands/permissions";
import { planChange } from "./commands/plan-change";
import { render } from "./commands/render";
import { review } from "./commands/review";
import { roll } from "./commands/roll";
import { streams } from "./commands/streams";
import { subjects } from "./commands/subjects";
import { tools } from "./commands/tools";
import { topology } from "./commands/topology";
import { contexts, down, logs, status, token, up } from "./commands/twin";
import { verify } from "./commands/verify";

/** Commands in the order of the help, by what people come for. */
const groups: Readonly<Record<string, readonly (() => CommandUnknownOpts)[]>> = {
  "Look at an environment": [check, planChange, review, topology, render, access, permissions, subjects],
  "Prepare this machine": [doctor, tools],
  "Run it on this machine": [up, verify, status, logs, connect, token, contexts, down],
  "Deploy it": [keys, deployPolicy, deploy, images],
  "Work with what runs": [streams, audit, roll, heal, backup, leafCredentials, bundle],
};

const after = `
First steps:
  natsform check demo             is the environment right?
  natsform up demo                run it here, as real servers
  natsform verify demo            check what runs, row by row
  natsform deploy demo --emulate  apply its stacks to an emulated AWS

Exit codes: 0 success, 1 failure with a message, 2 wrong usage, or a plan with changes,
70 a defect of natsform, 130 or 143 interrupted.`;

/** Every command of natsform. An action is loaded when it is called: definitions alone cost nearly nothing. */
export function buildProgram(): CommandUnknownOpts {
  const program = new Command("natsform")
    .description("NATS on AWS and Kubernetes from one typed configuration, with a local twin that proves it.")
    .version(version)
    .showHelpAfterError("(natsform --help lists the commands)")
    .addHelpText("after", after);
  for (const [heading, commands] of Object.entries(groups)) {
    for (const command of commands) program.addCommand(command().helpGroup(`${heading}:`));
  }
  endWithCode(program);
  return program;
}

/** commander's own errors are about usage: unknown options, missing arguments. */
function endWithCode(command: CommandUnknownOpts): void {
  command.exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  for (const one of command.commands) {
    one.copyInheritedSettings(command);
    endWithCode(one);
  }
}
