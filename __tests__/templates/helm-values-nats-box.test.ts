import shipped from "../../environments/kubernetes-production";
import { type EnvironmentInput, parseEnvironment } from "../../model/config";
import { buildTopology, clusterOf, deployedSecrets, isOnKubernetes } from "../../model/topology";
import { natsBoxValues } from "../../templates/helm-values/nats-box";

type Kubernetes = Extract<EnvironmentInput["clusters"][string]["platform"], { kind: "kubernetes" }>;
interface Context {
  creds?: string;
  nkey?: string;
  inbox_prefix?: string;
}

/** nats-box for every user that the configuration admits. */
function everyUser(mode: "callout" | "operator") {
  const users = ["sys", "streams-APP", "streams-LEAF", "backup-APP", "backup-LEAF"];
  const input: EnvironmentInput = structuredClone(shipped);
  const { oidc, permissions } = input.identity;
  input.identity = { mode, oidc, permissions };
  (input.clusters.nats?.platform as Kubernetes).natsBox = { users };
  const { environment, problems } = parseEnvironment(input, input.name);
  if (!environment) throw new Error(JSON.stringify(problems));
  const topology = buildTopology(environment);
  const cluster = clusterOf(topology, "nats");
  if (!isOnKubernetes(cluster)) throw new Error("not on Kubernetes");
  const values = natsBoxValues({ topology, cluster, trust: {} as never });
  const contexts = values.contexts as Record<string, { merge: Context } | null>;
  return {
    users,
    topology,
    contexts: Object.entries(contexts).flatMap(([name, value]) => (value ? [{ name, ...value.merge }] : [])),
  };
}

describe.each(["callout", "operator"] as const)("in %s mode", (mode) => {
  test("everyone who may be named is a user of the topology, with a key that is deployed", () => {
    const { users, topology, contexts } = everyUser(mode);
    expect(contexts.map(({ name }) => name)).toEqual(users);
    const deployed = deployedSecrets(topology, {}, topology.clusters).map(({ name }) => name);
    for (const { creds, nkey } of contexts) expect(deployed).toContain((creds ?? nkey)?.split("/").at(-1));
    expect(contexts.every(({ creds }) => (creds !== undefined) === (mode === "operator"))).toBe(true);
  });

  test("everyone hears the answers to what is asked", () => {
    const { topology, contexts } = everyUser(mode);
    for (const { name, inbox_prefix } of contexts) {
      const { permissions } = topology.identity.users.find((user) => user.name === name) ?? {};
      const heard = permissions?.subscribe?.allow;
      expect({ name, heard }).toEqual({ name, heard: inbox_prefix && [`${inbox_prefix}.>`] });
    }
  });
});
