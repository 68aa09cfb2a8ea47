import type { ClusterTopology } from "../topology";
import { clusterOf, platformModel } from "../topology";
import { type EnvironmentRule, type LintContext, pathText } from "./context";

/** Links between clusters. */

/** Each cluster that is a leaf, with its hub. */
function links({ topology }: LintContext): { leaf: ClusterTopology; hub: ClusterTopology }[] {
  return topology.clusters.flatMap((leaf) => {
    const [link] = leaf.leafLinks;
    return link ? [{ leaf, hub: clusterOf(topology, link.hub) }] : [];
  });
}

/** True when addresses of one cluster mean the same in the other, as far as the environment shows. */
function shareNetwork({ platform: a }: ClusterTopology, { platform: b }: ClusterTopology): boolean {
  const network = platformModel(a).network(a);
  return network !== undefined && network === platformModel(b).network(b);
}

const exposureOf = ({ listeners }: ClusterTopology) => listeners.find(({ name }) => name === "leafnodes")?.exposure;

const unreachable: EnvironmentRule = {
  id: "leaf-hub-unreachable",
  severity: "warning",
  title: "A leaf cluster stands in another network than its hub, and the hub has no public listener",
  reason:
    "Leaf nodes dial their hub on port 7422. A hub on Kubernetes, one with access vpc and one without a domain has names and addresses that mean nothing outside; an Ingress forwards HTTP alone.",
  fix: "put the hub where leaf nodes reach it and say so in leafAddress, or acknowledge this when the networks are joined by other means",
  check: (context) =>
    links(context)
      .filter(({ leaf, hub }) => {
        const isPublic =
          hub.leafAddress !== undefined ||
          (exposureOf(hub) === "public" && hub.certificates.some(({ id }) => id === "public"));
        return !isPublic && !shareNetwork(leaf, hub);
      })
      .map(({ leaf, hub }) => ({
        at: pathText("clusters", leaf.name, "leafOf", "cluster"),
        message: `${leaf.name} (${leaf.platform.kind}) dials ${hub.name} (${hub.platform.kind}), which listens inside its own network`,
      })),
};

const open: EnvironmentRule = {
  id: "leaf-link-open",
  severity: "warning",
  title: "A leaf that others run may publish or listen to all subjects of an account",
  reason:
    "Without lists a link closes inboxes, JetStream's interface, buckets and subjects of servers, and nothing of your applications: whoever runs the leaf hears their messages and publishes among them, also into streams.",
  fix: "list under links what the leaf may publish and subscribe to",
  check: ({ environment }) =>
    Object.entries(environment.clusters).flatMap(([name, { foreignLeafs }]) =>
      Object.entries(foreignLeafs).flatMap(([leaf, { accounts, links }]) =>
        accounts.flatMap((account) => {
          const missing = (["publish", "subscribe"] as const).filter((direction) => !links[account]?.[direction]);
          return missing.length > 0
            ? [
                {
                  at: pathText("clusters", name, "foreignLeafs", leaf),
                  message: `${leaf} may ${missing.join(" and ")} to everything of applications in account ${account}`,
                },
              ]
            : [];
        }),
      ),
    ),
};

const exposed: EnvironmentRule = {
  id: "leaf-hub-public",
  severity: "warning",
  title: "A hub listens for leaf nodes on the Internet, and none comes from there",
  reason:
    "Port 7422 reads what strangers send before it knows them: panics before authentication have been published for nats-server (secnote 2026-23). Mutual TLS does not help against those.",
  fix: 'set access to "vpc" or leafHub to false; leaf nodes that are not in this environment belong into foreignLeafs',
  check: (context) =>
    context.topology.clusters
      .filter(
        (hub) =>
          exposureOf(hub) === "public" &&
          hub.foreignLeafs.length === 0 &&
          links(context).every((link) => link.hub.name !== hub.name || shareNetwork(link.leaf, hub)),
      )
      .map(({ name }) => ({
        at: pathText("clusters", name, "leafHub"),
        message: `port 7422 of cluster ${name} is open to everyone`,
      })),
};

const sameName: EnvironmentRule = {
  id: "leaf-same-nats-name",
  severity: "error",
  impossible: true,
  title: "A leaf cluster has the name of its hub",
  reason:
    "The hub closes the connection: remote leafnode has same cluster name. It would take the leaf for one of its own.",
  fix: "leave natsName out: the default is different for each cluster",
  check: (context) =>
    links(context)
      .filter(({ leaf, hub }) => leaf.natsName === hub.natsName)
      .map(({ leaf, hub }) => ({
        at: pathText("clusters", leaf.name, "natsName"),
        message: `${leaf.natsName} is the name of hub ${hub.name} too`,
      })),
};

const duplicateAccount: EnvironmentRule = {
  id: "leaf-account-twice",
  severity: "error",
  impossible: true,
  title: "A leaf cluster links an account twice",
  reason: "nats-server does not start: duplicate remote.",
  fix: "name each account once",
  check: ({ environment }) =>
    Object.entries(environment.clusters).flatMap(([name, { leafOf }]) =>
      (leafOf?.accounts ?? []).flatMap((account, i, all) =>
        all.indexOf(account) < i
          ? [
              {
                at: pathText("clusters", name, "leafOf", "accounts", i),
                message: `account ${account} is linked already`,
              },
            ]
          : [],
      ),
    ),
};

/** The hub at the end of the chain of links. */
function rootOf(cluster: ClusterTopology, context: LintContext): string {
  const hub = cluster.leafLinks[0]?.hub;
  return hub === undefined ? cluster.name : rootOf(clusterOf(context.topology, hub), context);
}

const sameDomain: EnvironmentRule = {
  id: "leaf-same-domain",
  severity: "error",
  title: "Two clusters that leaf nodes join have one JetStream domain",
  reason:
    "A request to $JS.<domain>.API reaches both: both answer, and which stream is created, read or deleted is a matter of luck.",
  fix: "leave jetstream.domain out: the default is different for each cluster",
  check: (context) => {
    const withJetStream = context.topology.clusters.filter(({ jetstream }) => jetstream);
    return withJetStream.flatMap((cluster, i) => {
      const twin = withJetStream
        .slice(0, i)
        .find(
          (earlier) =>
            earlier.jetstream?.domain === cluster.jetstream?.domain &&
            rootOf(earlier, context) === rootOf(cluster, context),
        );
      return twin
        ? [
            {
              at: pathText("clusters", cluster.name, "jetstream", "domain"),
              message: `${cluster.jetstream?.domain} is the domain of ${twin.name} too`,
            },
          ]
        : [];
    });
  },
};

export const leafnodeRules: readonly EnvironmentRule[] = [
  unreachable,
  exposed,
  open,
  sameName,
  duplicateAccount,
  sameDomain,
];
