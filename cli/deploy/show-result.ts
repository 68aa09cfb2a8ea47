import type { Environment } from "../../model/config";
import { print, printJson, table } from "../core/output";
import type { DeployResult } from "./steps";

/** Empty result at the start of a deployment. */
export const newResult = ({ name: environment }: Environment, emulated: boolean): DeployResult => ({
  environment,
  emulated,
  applied: {},
  noted: [],
  unread: [],
  outputs: {},
  rows: [],
});

/** Prints outputs and rows; the command fails when a row does not hold. */
export function showResult(result: DeployResult, json = false): void {
  const { environment, outputs, rows } = result;
  const failed = rows.filter(({ ok }) => !ok).length;
  if (json) printJson({ ...result, ok: failed === 0 });
  else {
    const cells = Object.entries(outputs).flatMap(([stack, values]) =>
      Object.entries(values).map(([name, value]) => [
        stack,
        name,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    );
    if (cells.length > 0) print(`${table([["STACK", "OUTPUT", "VALUE"], ...cells])}\n`);
    for (const { ok, warns, group, what, seen } of rows)
      print(table([[ok ? (warns ? "!" : "✔") : "✖", group.padEnd(12), what.padEnd(52), seen]]));
    print(
      `\n${environment}: ${rows.length - failed} of ${rows.length} rows hold${failed > 0 ? `, ${failed} FAILED` : ""}`,
    );
  }
  if (failed > 0) process.exitCode = 1;
}
