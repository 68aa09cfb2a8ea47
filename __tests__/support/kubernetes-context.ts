import { makeKeys } from "../../cli/keys/make";
import { MemoryStore } from "../../cli/keys/store";
import shipped from "../../environments/kubernetes-production";
import { type EnvironmentInput, parseEnvironment } from "../../model/config";
import { buildTopology } from "../../model/topology";
import { type KubernetesContext, kubernetesContext } from "../../modules/kubernetes/context";

type Cluster = EnvironmentInput["clusters"][string];
export type OnKubernetes = Cluster & { platform: Extract<Cluster["platform"], { kind: "kubernetes" }> };

/** The cluster of `kubernetes-production`, with changes made before it is checked. Its programs' images have a tag. */
export async function onKubernetes(
  change: (cluster: OnKubernetes, input: EnvironmentInput) => void = () => undefined,
): Promise<KubernetesContext> {
  const input: EnvironmentInput = structuredClone(shipped);
  const nats = input.clusters.nats as OnKubernetes;
  nats.platform.images = { programs: "registry.example.com/natsform", tag: "1" };
  change(nats, input);
  const { environment, problems } = parseEnvironment(input, input.name);
  if (!environment) throw new Error(JSON.stringify(problems));
  const topology = buildTopology(environment);
  const { trust } = await makeKeys(topology, new MemoryStore());
  return kubernetesContext(
    { environment, topology, trust, settings: { root: "/", environments: [input.name] } },
    "nats",
  );
}
