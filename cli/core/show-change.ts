import { type ChangePlan, planExitCode } from "../../model/change";
import { changeLines } from "../../templates";
import { print, printJson } from "./output";

/** Prints the plan of a change, and ends the command with its exit code: 0 nothing, 2 something, 3 not in one step. */
export function showChange(plan: ChangePlan, { json = false }: { json?: boolean }): void {
  if (json) printJson(plan);
  else for (const line of changeLines(plan)) print(line);
  process.exitCode = planExitCode(plan);
}
