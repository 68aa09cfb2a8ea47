import { z } from "zod";
import { calloutKeys } from "../../../modules/topology";
import { UserError } from "../../project";
import type { Progress } from "../platform";
import type { DeployTarget } from "../target";
import { questionsTo } from "./cluster";

/** What the responders of a Deployment are told to hold, see `calloutKeys`, and how many of them were already. */
export const Responders = z.object({
  status: z
    .object({
      replicas: z.number().default(0),
      updatedReplicas: z.number().default(0),
      availableReplicas: z.number().default(0),
    })
    .prefault({}),
  spec: z.object({
    template: z.object({
      spec: z.object({
        containers: z.array(z.object({ env: z.array(z.object({ name: z.string(), value: z.string().optional() })) })),
      }),
    }),
  }),
});
const variable = "NATS_AUTH_KEYS";
export const keysOf = ({ spec }: z.output<typeof Responders>): string | undefined =>
  spec.template.spec.containers.flatMap(({ env }) => env).find(({ name }) => name === variable)?.value;

const patience = "10m";

/**
 * Starts the responders with the keys of a rotation, before a server asks with them: a responder takes old and new keys,
 * a server knows one. It sets what Terraform sets afterwards with their own stack, which then finds it done.
 *
 * @throws UserError when they do not get ready: those that run stay, and so do the servers
 */
export async function respondersFirst(target: DeployTarget, name: string, progress: Progress): Promise<void> {
  const { names, kubectl, inside } = questionsTo(target, name);
  const deployment = `deployment/${names.callout}`;
  const found = await kubectl.text(...inside, "get", deployment, "--ignore-not-found", "--output", "json");
  // Before the first deployment there are none.
  if (found === "") return;
  const keys = calloutKeys(target.topology, target.trust);
  const running = Responders.parse(JSON.parse(found));
  const { replicas, updatedReplicas, availableReplicas } = running.status;
  const told = keysOf(running) === keys;
  // While none answers there is nothing to keep up, and new ones may not get ready before the servers are changed.
  if ((told && updatedReplicas === replicas) || availableReplicas === 0) return;
  progress(`${names.callout}: starts with the keys of the trust file, before the servers`);
  // Told already, and not done: the deployment before has stopped here.
  if (!told) await kubectl.text(...inside, "set", "env", deployment, `${variable}=${keys}`);
  const rolled = await kubectl.runWith("", ...inside, "rollout", "status", deployment, `--timeout=${patience}`);
  if (rolled.code === 0) return;
  throw new UserError(
    `${names.callout} did not get ready with the keys of the trust file; no server was changed`,
    `kubectl -n ${inside[1]} logs -l app.kubernetes.io/name=auth-callout shows why`,
  );
}
