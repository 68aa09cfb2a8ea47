import { X509Certificate } from "node:crypto";
import { join, resolve } from "node:path";
import { readIfThere } from "../../artifacts/files";
import { loadTrust } from "../../model/config/load";
import { openEnvironment } from "../core/environment";
import { print, printJson, table } from "../core/output";
import { type KeyLocationOptions, keyLocation } from "../keys/location";
import {
  certificateHint,
  certificateNames,
  deployedHub,
  findLeaf,
  type HubPlace,
  type Leaf,
  type LeafCredentials,
  leafCredentials,
  leafFiles,
} from "../leaf/credentials";
import { twinLeafCertificate, writeLeafFiles } from "../leaf/write";
import { openTwin, type Twin } from "../twin/context";
import { urls } from "../twin/site";

interface Options extends KeyLocationOptions {
  out?: string;
  path?: string;
  printSecrets?: boolean;
  json?: boolean;
}

export async function showLeafCredentials(name: string, leafName: string, options: Options): Promise<void> {
  const { root, environment, topology } = await openEnvironment(name);
  const leaf = findLeaf(topology, leafName);
  const { store, trust: path } = keyLocation(root, name, options);
  const twin = options.twin ? await openTwin(name, root) : undefined;
  const trust = loadTrust(path, root);
  const folder = options.path ?? (options.out ? resolve(options.out) : "/etc/nats/leaf");
  const tls = environment.clusters[leaf.hub.name]?.tls ?? {};
  const credentials = await leafCredentials({
    topology,
    trust,
    leaf,
    place: twin ? twinHub(twin, leaf) : deployedHub(leaf.hub, trust),
    store,
    folder,
    how: twin ? "--out writes one that the twin's authority signs" : certificateHint(topology, leaf, tls),
  });
  if (options.out) {
    const certificate = twin && (await twinLeafCertificate(twin, leaf.hub.name, certificateNames(leaf)));
    const written = writeLeafFiles(resolve(options.out), credentials, certificate);
    if (!options.json) for (const file of written) print(`${join(options.out, file)} written`);
  }
  const withSecrets = options.printSecrets ?? false;
  if (options.json) printJson(asJson(credentials, store.description, withSecrets));
  else print(asText(credentials, store.description, withSecrets, options.out));
}

const twinHub = ({ ports, folder }: Twin, { hub }: Leaf): HubPlace => ({
  urls: urls(hub, ports, "leafnodes"),
  authorities: readIfThere(folder.authority("leafnodes", hub.name).cert),
});

function asJson({ secrets, ...credentials }: LeafCredentials, store: string, withSecrets: boolean) {
  return {
    ...credentials,
    users: secrets.map(({ content, ...secret }) => ({ ...secret, store, ...(withSecrets && { content }) })),
  };
}

function asText(credentials: LeafCredentials, store: string, withSecrets: boolean, out?: string): string {
  const { hub, urls, jetstreamDomain, inboxPrefix, certificate, secrets, configuration } = credentials;
  const authority = new X509Certificate(credentials.authorities);
  const rows = [
    ["hub", `${hub}: ${urls.join(", ")}`],
    ...secrets.map(({ account, user, key }) => ["account", `${account}, as user ${user}: ${key} in ${store}`]),
    ["authority", `${authority.subject.replace(/\s+/g, " ")}, until ${authority.validTo}`],
    ["certificate", `the hub requires one with client usage, for example for ${certificate.names.join(", ")}`],
    ["", certificate.how],
    ...(jetstreamDomain
      ? [["JetStream", `the hub's domain is ${jetstreamDomain}; a leaf with JetStream needs another one`]]
      : []),
    ["inboxes", `clients behind the leaf that ask over the link set the inbox prefix ${inboxPrefix}`],
  ];
  const files = `${leafFiles.cert} and ${leafFiles.key}`;
  const next = out
    ? `next: a nats.conf in the folder of these files and of ${files}, with the line: include "${leafFiles.configuration}"`
    : "configuration; --out FOLDER writes it with the files that it names:";
  const texts = withSecrets ? secrets.map(({ file, content }) => `# ${file}\n${content}`) : [];
  return [table(rows), "", next, "", configuration.trimEnd(), ...texts.map((text) => `\n${text.trimEnd()}`)].join("\n");
}
