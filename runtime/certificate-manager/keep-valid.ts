import { publish, renew } from "./attempt";
import { certificateMetrics, type ManagedCertificate } from "./contract";
import { isSeen, look, type View } from "./look";
import type { Lease } from "./ports";
import type { Result } from "./report";
import { bundle } from "./rollover";
import { isPrivate, type Run, reasonOf } from "./run";

/** Does what is to be done about one certificate, with the lease. Its failure is its own. */
export async function keepValid(run: Run, certificate: ManagedCertificate, lease: Lease): Promise<Result> {
  const { ports } = run;
  const found = await look(run, certificate);
  if (!isSeen(found)) return { outcome: "failed", reason: found.error };
  const view = await withoutLeftovers(run, found, lease);
  if (view.decision.action === "keep" || view.decision.action === "wait") return { outcome: "kept" };
  try {
    const outcome = await act(run, view, lease);
    if (outcome === "issued") ports.metric(certificate.secret, { [certificateMetrics.issued]: 1 });
    return { outcome };
  } catch (error) {
    const reason = reasonOf(error);
    ports.metric(certificate.secret, { [certificateMetrics.failures]: 1 });
    ports.log.error({ certificate: certificate.id, reason }, "not renewed");
    return { outcome: "failed", reason };
  }
}

async function act(run: Run, view: View, lease: Lease): Promise<"issued" | "kept"> {
  const { certificate, decision, stored, authorities } = view;
  if (run.signal.aborted) throw new Error("the invocation's time is up");
  if (isPrivate(certificate.issuer) && !authorities) throw new Error(`${certificate.issuer} has no authority yet`);
  if (decision.action === "trust" && stored?.secret && authorities) {
    await publish(run, view, { ...stored.secret, authorities: bundle(authorities.set) }, lease);
    run.ports.log.info({ certificate: certificate.id }, "stored with other authorities");
    return "kept";
  }
  if (decision.action === "renew")
    run.ports.log.info({ certificate: certificate.id, reason: decision.reason }, "renewing");
  await renew(run, view, lease);
  return "issued";
}

/** Removes what a run that was killed has left: whoever has the lease knows that it runs no more. */
async function withoutLeftovers(run: Run, view: View, lease: Lease): Promise<View> {
  const { challenges, unfinished } = view.state;
  if (challenges.length === 0 && !unfinished) return view;
  try {
    if (challenges.length > 0) await run.ports.removeChallenges(challenges);
    const state = { ...view.state, challenges: [], unfinished: false };
    await run.ports.states.saveCertificate(view.certificate.id, state, lease.token);
    return { ...view, state };
  } catch (error) {
    run.ports.log.warn({ certificate: view.certificate.id, reason: reasonOf(error) }, "leftovers stay");
    return view;
  }
}
