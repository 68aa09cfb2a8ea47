import type { Trust } from "../../../model/config";
import type { Identity } from "../../../model/topology";
import type { Runs } from "../../../runtime/common/server-report";
import { type HeldStreams, judgeAccounts } from "../../core/judge-accounts";
import type { CheckResult } from "../../core/rows";

/**
 * No server holds streams of an account that the trust file does not know.
 *
 * @param reports by server, what the agent of its task said last; undefined where none said anything
 */
export function judgeHeldAccounts(
  identity: Pick<Identity, "mode" | "accounts">,
  trust: Pick<Trust, "accounts">,
  reports: ReadonlyMap<string, Runs | undefined>,
): CheckResult {
  const held = new Map<string, HeldStreams>();
  for (const [server, runs] of reports) if (runs?.holds) held.set(server, new Map(Object.entries(runs.holds)));
  const judged = judgeAccounts(identity, trust, held);
  const unsaid = [...reports.keys()].filter((server) => !held.has(server));
  if (!judged.ok || unsaid.length === 0) return judged;
  return { ok: false, seen: `not said by the agents of ${unsaid.join(", ")}` };
}
