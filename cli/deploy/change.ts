import { type ChangePlan, unallowedLosses, unknownKeys } from "../../model/change";
import { changeLines } from "../../templates/change";
import type { Host } from "../core/host";
import { Blocked } from "../core/project";
import type { DeployTarget } from "./target";

export function showChange(change: ChangePlan, host: Host): void {
  for (const text of changeLines(change)) host.report({ code: "notice", text });
}

/**
 * Refuses what no single step leads to, and asks where something would be lost, before anything is touched. On an emulated
 * AWS nobody is connected and nothing is stored: there it is refused all the same, as it would be where it counts, and
 * nothing is asked.
 *
 * @throws Blocked
 */
export async function agreeOnChange(target: DeployTarget, change: ChangePlan, host: Host): Promise<void> {
  if (change.forbidden.length > 0)
    throw new Blocked(
      [
        "this cannot be changed in one step, and nothing was touched:",
        ...change.forbidden.map(({ at, message, steps }) => `  ${at}: ${message}\n    ${steps}`),
      ].join("\n"),
      "restore it, or take the steps",
    );
  if (target.emulator) return;
  const unknown = unknownKeys(change).filter((key) => !target.allowed?.acknowledged?.includes(key));
  const losses = unallowedLosses(change, target.allowed?.dataLoss);
  const graves = [
    ...unknown.map((key) => `${key}: what servers do with it was never measured; they are restarted`),
    ...losses.map(({ name, at, what }) => `${name}: ${what} (${at})`),
  ];
  if (graves.length === 0 || (await host.confirm(`${graves.join("\n")}\nGo on?`, "loss"))) return;
  const names = [...new Set(losses.map(({ name }) => name))];
  throw new Blocked(
    `something would be lost, and nothing was touched:\n  ${graves.join("\n  ")}`,
    [
      ...(names.length > 0 ? [`--allow-data-loss ${names.join(" ")}`] : []),
      ...(unknown.length > 0 ? [`--acknowledge ${unknown.join(" ")}`] : []),
    ].join(" "),
  );
}
