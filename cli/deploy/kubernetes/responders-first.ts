import { calloutKeys } from "../../../model/topology";
import type { Progress } from "../../core/steps";
import { isStarted, keysVariable, notReady, respondersStep } from "../rotation-step";
import type { DeployTarget } from "../target";
import { clusterAccess } from "./cluster";
import { isUpdated, keysOf, Responders } from "./responders";

const patience = "10m";

/**
 * Starts the responders with the keys of a rotation before any server uses them: a responder accepts old and new keys,
 * a server knows one. It sets the variable that Terraform sets later with their own stack, which then finds no change.
 *
 * @throws UserError when they do not get ready: the running responders and the servers stay unchanged
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
    name,
  );
  if (!isStarted(step, names.callout, names.authStack, progress)) return;
  // A rollout that has timed out stays failed even when its pods get ready: only a new one can be waited for.
  if (step === "restart") await kubectl.text(...inside, "rollout", "restart", deployment);
  else await kubectl.text(...inside, "set", "env", deployment, `${keysVariable}=${calloutKeys(topology, trust, name)}`);
  const rolled = await kubectl.runWith("", ...inside, "rollout", "status", deployment, `--timeout=${patience}`);
  if (rolled.code === 0) return;
  throw notReady(names.callout, `kubectl -n ${inside[1]} logs -l app.kubernetes.io/name=auth-callout shows why`);
}
