import { join } from "node:path";
import type { Trust } from "../../model/config";
import {
  type ClusterTopology,
  clusterOf,
  foreignLeafRole,
  type LeafLink,
  loginKey,
  type Topology,
  vaultMount,
} from "../../model/topology";
import { leafInclude } from "../../runtime/common/leaf-include";
import { leafInboxPrefix } from "../../runtime/subjects/spec";
import { hubUrls, leafRemote, printConf } from "../../templates/nats-conf";
import { UserError } from "../core/project";
import type { KeyStore } from "../keys/key-store";

/** URLs and authority of a hub, deployed or in a twin. */
export interface HubPlace {
  urls: string[];
  /** Certificates of the authority that signs the hub's certificate; `undefined` while it is unknown. */
  authorities: string | undefined;
}

export interface LeafSecret {
  account: string;
  user: string;
  /** Name of the key in the store. */
  key: string;
  /** File that holds it for the leaf: creds, or the line that sets `nkey`. */
  file: string;
  content: string;
}

/** Everything that the operator of a leaf needs. `configuration` names the other parts as files of one folder. */
export interface LeafCredentials {
  leaf: string;
  hub: string;
  urls: string[];
  jetstreamDomain?: string;
  /** What clients behind the leaf take for their inboxes when they ask over the link: it carries no others. */
  inboxPrefix: string;
  authorities: string;
  certificate: { names: string[]; how: string };
  secrets: LeafSecret[];
  configuration: string;
}

export const leafFiles = { configuration: "leaf.conf", authorities: "hub.crt", cert: "client.crt", key: "client.key" };

/** A leaf of the environment: a cluster of it, or one that natsform does not deploy. */
export interface Leaf {
  name: string;
  links: LeafLink[];
  hub: ClusterTopology;
  /** The cluster, where natsform deploys it. */
  cluster?: ClusterTopology;
}

/** @throws UserError that lists the known leafs */
export function findLeaf(topology: Topology, name: string): Leaf {
  const clusters = topology.clusters.map((cluster) => ({ name: cluster.name, links: cluster.leafLinks, cluster }));
  const foreign = topology.clusters.flatMap(({ foreignLeafs }) => foreignLeafs);
  const leafs: Omit<Leaf, "hub">[] = [...clusters, ...foreign].filter(({ links }) => links.length > 0);
  const leaf = leafs.find((candidate) => candidate.name === name);
  if (!leaf) {
    const known = leafs.map((candidate) => candidate.name).join(", ");
    const fix = known ? `known: ${known}` : "set leafOf of a cluster, or foreignLeafs of a hub";
    throw new UserError(`${topology.environment} has no leaf ${name}`, fix);
  }
  return { ...leaf, hub: clusterOf(topology, leaf.links[0]?.hub ?? "") };
}

export interface CredentialsProps {
  topology: Topology;
  trust: Trust;
  leaf: Leaf;
  place: HubPlace;
  store: KeyStore;
  /** Folder in which the leaf finds its files. */
  folder: string;
  how: string;
}

/** @throws UserError when the hub's authority is not known, or a key is missing */
export async function leafCredentials(props: CredentialsProps): Promise<LeafCredentials> {
  const { topology, leaf, place, store, how } = props;
  const { environment, identity } = topology;
  const { hub } = leaf;
  if (place.authorities === undefined) {
    throw new UserError(
      `unknown authority: no entry of the trust file says which one signs ${hub.name}'s leaf node certificates`,
      `deploy ${hub.name}, then natsform keys authority ${environment} ${hub.name}`,
    );
  }
  const isOperator = identity.mode === "operator";
  const secrets = await Promise.all(
    leaf.links.map(async ({ account, user }): Promise<LeafSecret> => {
      const key = loginKey(topology, user);
      const value = await store.read(key);
      if (value === undefined)
        throw new UserError(`${store.description} lacks ${key}`, "natsform keys init creates it");
      return isOperator
        ? { account, user, key, file: `${user}.creds`, content: `${value}\n` }
        : { account, user, key, file: `${user}.conf`, content: leafInclude(value) };
    }),
  );
  return {
    leaf: leaf.name,
    hub: hub.name,
    urls: place.urls,
    jetstreamDomain: hub.jetstream?.domain,
    inboxPrefix: leafInboxPrefix(leaf.name),
    authorities: place.authorities,
    certificate: { names: certificateNames(leaf), how },
    secrets,
    configuration: configurationOf(props),
  };
}

/** Names of the leaf's certificate. The hub checks the certificate's authority, not its names. */
export const certificateNames = ({ name, cluster }: Leaf): string[] =>
  cluster?.certificates.find(({ id }) => id === "leaf-remote")?.names ?? [name];

function configurationOf({ topology, trust, leaf, place, folder }: CredentialsProps): string {
  const { mode } = topology.identity;
  const remotes = leaf.links.map((link) =>
    leafRemote({
      mode,
      link,
      urls: place.urls,
      account: leaf.cluster && mode === "operator" ? trust.accounts[link.account]?.publicKey : localAccount(leaf, link),
      files: {
        certificate: { cert: join(folder, leafFiles.cert), key: join(folder, leafFiles.key) },
        ca: join(folder, leafFiles.authorities),
        credentials: (user) => join(folder, `${user}.creds`),
        // Beside the file that this is printed to.
        seedInclude: (user) => `${user}.conf`,
      },
    }),
  );
  return printConf({ leafnodes: { remotes } });
}

/** A foreign leaf with one link may have no accounts; with several links each needs one, named like the hub's. */
const localAccount = ({ links, cluster }: Leaf, { account }: LeafLink): string | undefined =>
  cluster || links.length > 1 ? account : undefined;

/** Text that says how to get the client certificate that a deployed hub requires. */
export function certificateHint(topology: Topology, { name, hub, cluster }: Leaf, tls: VaultTls): string {
  if (cluster) return `issued by the platform of ${name}, which natsform deploys`;
  const own = `from an authority of your own: natsform keys authority ${topology.environment} ${name} --certificates FILE, then deploy ${hub.name}`;
  const signer = hub.certificates.find(({ id }) => id === "leafnodes")?.signer;
  if (signer !== "vault") return own;
  const role = `${vaultMount(tls, "leafnodes")}/issue/${foreignLeafRole(tls, hub.name, name)}`;
  return `from the hub's authority: vault write -format=json ${role} common_name=${name}; or ${own}`;
}

interface VaultTls {
  mount?: string;
  role?: string;
}

/** URLs and authority of a deployed hub. */
export const deployedHub = (hub: ClusterTopology, trust: Trust): HubPlace => ({
  urls: hubUrls(hub),
  authorities: trust.authorities?.[hub.name],
});
