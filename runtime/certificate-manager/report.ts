import { certificateMetrics, type EnsureResponse } from "./contract";
import { isSeen, isValid, type Unseen, type View } from "./look";
import type { Run } from "./run";

/** What a run with the lease has done about one certificate. */
export type Result = { outcome: "kept" | "issued" } | { outcome: "failed"; reason: string };

/** What is said of a certificate at the end: an entry of the answer, or why there is none. */
export type Report = { entry: EnsureResponse["certificates"][number] } | { failure: string };

const dayMs = 24 * 3_600_000;

/**
 * A certificate that is stored and valid is a success, also when its renewal failed: there is time, and the metrics tell.
 * Unless a person has asked for it.
 */
export function report(run: Run, view: View | Unseen, result: Result | undefined): Report {
  const { id, secret } = view.certificate;
  const failure = (reason: string): Report => ({ failure: `${id} (${secret}): ${reason}` });
  if (!isSeen(view)) return failure(view.error);
  const notAfter = view.stored?.inspection.facts?.notAfter;
  const usable = isValid(view) && notAfter;
  const leftMs = usable ? notAfter.getTime() - run.ports.now().getTime() : 0;
  run.ports.metric(secret, { [certificateMetrics.daysLeft]: Math.max(0, Math.round((leftMs / dayMs) * 100) / 100) });

  const isAskedFor = run.renew.includes(id) && result?.outcome !== "issued";
  if (usable && !isAskedFor)
    return {
      entry: {
        id,
        secret,
        outcome: result?.outcome === "issued" ? "issued" : "kept",
        notAfter: notAfter.toISOString(),
      },
    };
  return failure(whyNot(view, result));
}

function whyNot({ decision, state, stored }: View, result: Result | undefined): string {
  const next = state.nextTryAt ? `; next try at ${state.nextTryAt.toISOString()}` : "";
  if (result?.outcome === "failed") return `${result.reason}${next}`;
  if (decision.action === "wait") return `${decision.reason}; next try at ${decision.until.toISOString()}`;
  const problems = stored ? stored.inspection.problems.join("; ") : "none is stored";
  return `${problems || "not renewed"}; another run was issuing until the time was up`;
}
