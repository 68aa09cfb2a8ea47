import { calloutKeys } from "../../../model/topology";
import type { Progress } from "../../core/output";
import { isStarted, keysVariable, notReady, respondersStep } from "../rotation-step";
import type { DeployTarget } from "../target";
import { clusterAccess } from "./cluster";
import { isUpdated, keysOf, Responders } from "./responders";

const patience = "10m";

/**
 * Starts the responders with the keys of a rotation, before a server asks with them: a responder takes old and new keys,
 * a server knows one. It sets what Terraform sets afterwards with their own stack, which then finds it done.
 *
 * @throws UserError when they do not get ready: those that run stay, and so do the servers
 */
export async function respondersFirst(target: DeployTarget, name: string, progress: Progress): Promise<void> {
  const { names, kubectl, inside } = clusterAccess(target, name);
  const { topology, trust } = target;
  const deployment = `deployment/${names.callout}`;
  const answer = await kubectl.text(...inside, "get", deployment, "--ignore-not-found", "--output", "json");
  // Before the first deployment there are none.
  const found = answer === "" ? undefined : Responders.parse(JSON.parse(answer));
  const step = respondersStep(
    found && { keys: keysOf(found), done: isUpdated(found), available: found.status.availableReplicas },
    topology,
    trust,
  );
  if (!isStarted(step, names.callout, names.authStack, progress)) return;
  // A rollout that is given up stays so, also once its pods could get ready: only another one is waited for.
  if (step === "restart") await kubectl.text(...inside, "rollout", "restart", deployment);
  else await kubectl.text(...inside, "set", "env", deployment, `${keysVariable}=${calloutKeys(topology, trust)}`);
  const rolled = await kubectl.runWith("", ...inside, "rollout", "status", deployment, `--timeout=${patience}`);
  if (rolled.code === 0) return;
  throw notReady(names.callout, `kubectl -n ${inside[1]} logs -l app.kubernetes.io/name=auth-callout shows why`);
}
