import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { buildProgram } from "../../cli/program";

/** docs/reference/commands.md: the help texts as they are printed. */
export function commandReference(): string {
  const program = buildProgram();
  const all = program.commands.flatMap((command) => [command, ...command.commands]);
  return `${[
    "# Commands",
    "",
    "Run as `npx natsform COMMAND`. Output is plain where it does not go to a terminal; `--json` where it is offered is for",
    "machines. Exit codes: 0 success, 1 failure with a message, 2 wrong usage or a plan with changes, 70 a defect of natsform,",
    "130 or 143 interrupted by a signal: what is left and how to go on is said.",
    "",
    ...all.flatMap((command) => [`## natsform ${pathOf(command)}`, "", "```text", help(command), "```", ""]),
  ].join("\n")}`;
}

function pathOf(command: CommandUnknownOpts): string {
  const parent = command.parent?.parent ? `${command.parent.name()} ` : "";
  return `${parent}${command.name()}`;
}

function help(command: CommandUnknownOpts): string {
  command.configureHelp({ helpWidth: 100 });
  return command.helpInformation().trimEnd();
}
