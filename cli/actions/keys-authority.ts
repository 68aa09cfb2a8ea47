import { X509Certificate } from "node:crypto";
import { trustFile } from "../../model/config/load";
import { leafPeers, type Topology } from "../../model/topology";
import { splitPem } from "../../runtime/x509/pem";
import { openEnvironment } from "../core/environment";
import { withLock } from "../core/lock";
import { namedText } from "../core/named-file";
import { print } from "../core/output";
import { shownPath, UserError } from "../core/project";
import { authorityPem, deployedLeafAuthority } from "../keys/leaf-authority";
import { keyLocation } from "../keys/location";
import { recordAuthorities } from "../keys/trust-file";

export async function authority(name: string, of: string, { certificates }: { certificates?: string }): Promise<void> {
  const { root, topology } = await openEnvironment(name);
  const text = await textOf(topology, of, certificates);
  const pem = authorityPem(text, new Date());
  const path = trustFile(name, root);
  const { lock } = keyLocation(root, name, {});
  const written = await withLock(lock, async () => recordAuthorities(path, root, { [of]: pem }));
  const [first = ""] = splitPem(pem);
  const { subject, validTo } = new X509Certificate(first);
  print(`${of}: ${subject.replace(/\s+/g, " ")}, until ${validTo}`);
  print(`${shownPath(root, path)} ${written ? `written; next: natsform deploy ${name}` : "is up to date"}`);
}

async function textOf(topology: Topology, name: string, file?: string): Promise<string> {
  const linked = topology.clusters.filter((one) => leafPeers(topology, one).length + one.foreignLeafs.length > 0);
  const foreign = topology.clusters.flatMap(({ foreignLeafs }) => foreignLeafs.map((leaf) => leaf.name));
  const known = [...linked.map((cluster) => cluster.name), ...foreign];
  if (!known.includes(name)) {
    const fix = `known: ${known.join(", ") || "none"}`;
    throw new UserError(`${name} is neither a hub nor a leaf of ${topology.environment}`, fix);
  }
  if (file !== undefined) return namedText(file);
  const cluster = linked.find((one) => one.name === name);
  if (!cluster)
    throw new UserError(`natsform does not deploy ${name}`, "name a file with its authority: --certificates FILE");
  return deployedLeafAuthority(topology, cluster);
}
