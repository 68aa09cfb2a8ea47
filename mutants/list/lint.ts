import { plantedIn } from "../planted";

/** Findings that keep an environment from being deployed, or warn of what is lost. */
export const lint = [
  ...plantedIn("model/lint/acknowledgements.ts", [
    ["an acknowledgement counts for ever", "today >= expires", "today === expires"],
    [
      "an acknowledgement of a rule that is not there is taken",
      "if (ids.includes(rule)) return [];",
      "if (ids.length > 0) return [];",
    ],
    [
      "an acknowledgement of nothing is kept",
      "at === undefined ? paths.length > 0 : paths.includes(at)",
      "paths.length >= 0",
    ],
  ]),
  ...plantedIn("model/lint/engine.ts", [
    ["an acknowledgement accepts what cannot work", "finding.impossible\n", "!finding\n"],
  ]),
  ...plantedIn("model/lint/acknowledgements.ts", [
    ["an acknowledgement accepts findings of every rule", "rule === finding.rule && ", ""],
    ["an acknowledgement accepts findings at every place", " && (at === undefined || at === finding.at)", ""],
  ]),
  ...plantedIn("runtime/subjects/spec.ts", [
    ["a domain's whole interface is granted by its name", "if (isWild(rest[1])) return", "if (rest.length < 2) return"],
    ["requests to a domain are judged by nobody", 'rest[1] === "API" ? requestTo', 'rest[1] === ">" ? requestTo'],
    ["acknowledgements of everybody are those of a stream of digits", "!/^\\d+$/.test", "!/^$/.test"],
    ["the word before a stream need not be named", "literal.some(isWild)", 'literal.some((token) => token === ">")'],
    ["chunks of everybody's snapshots are free", 'if (kind === "SNAPSHOT") return', 'if (kind === "") return'],
  ]),
  ...plantedIn("model/config/clusters.ts", [
    ["a domain is named like JetStream's interface", '"API", "ACK"', '"", "ACK"'],
  ]),
  ...plantedIn("model/lint/backup.ts", [
    [
      "nobody is warned of streams without a backup",
      "filter(({ backup }) => !backup)",
      "filter(({ backup }) => backup)",
    ],
    [
      "a backup into a container is fine",
      'targetsOf(cluster).folder === "gone"',
      'targetsOf(cluster).folder === "volume"',
    ],
    [
      "a backup beside its data is fine",
      'targetsOf(cluster).folder === "machine"',
      'targetsOf(cluster).folder === "volume"',
    ],
  ]),
  ...plantedIn("model/lint/callout.ts", [
    ["a single responder is fine", "topology.identity.responders < 2", "topology.identity.responders < 1"],
    ["connections may live for a year", "maxLifetimeMs > 24 * 3600e3", "maxLifetimeMs > 366 * 24 * 3600e3"],
  ]),
  ...plantedIn("model/lint/certificates.ts", [
    ["certificates may live for ten years", "tls.ttl > 366 * day", "tls.ttl > 3660 * day"],
    ["certificates of a day are fine", "tls.ttl < 3 * day", "tls.ttl < 0"],
    ["certificates of a cloud may come from a laptop", 'tls.issuer === "local" && ', "tls.issuer === undefined && "],
    [
      "keys in Terraform's state are fine",
      'tls.vault.renewal === "terraform"',
      'tls.vault.renewal !== "job" && name === ""',
    ],
    [
      "Vault may be spoken to in clear",
      'if (!address.startsWith("http:")) return [];',
      'if (!address.startsWith("ftp:")) return [];',
    ],
  ]),
  ...plantedIn("model/lint/durability.ts", [
    ["one or two replicas need no sync", "stream.replicas <= 2", "stream.replicas <= 0"],
    [
      "one zone needs no sync",
      'cluster.jetstream.syncInterval !== "always" && inOneZone(cluster)',
      'cluster.jetstream.syncInterval !== "always" && !cluster.name',
    ],
    [
      "the durable tier has streams that acknowledge before they write",
      'stream.persistMode === "async" && cluster.jetstream?.syncInterval === "always"',
      'stream.persistMode === "async" && cluster.jetstream === undefined',
    ],
  ]),
  ...plantedIn("model/lint/leafnodes.ts", [
    ["a hub that nobody needs may be public", 'exposureOf(hub) === "public" &&\n', 'exposureOf(hub) === "peers" &&\n'],
    [
      "hub and leaf may have one domain",
      "earlier.jetstream?.domain === cluster.jetstream?.domain &&",
      "earlier.jetstream === cluster.jetstream &&",
    ],
  ]),
  ...plantedIn("model/lint/limits.ts", [
    ["clients may claim any address", "topology.nats.proxyProtocol\n", "topology.nats.proxyProtocol === false\n"],
  ]),
  ...plantedIn("model/lint/nats-box.ts", [
    ["a pod may hold the administrator's key", 'user === "sys"', 'user === "root"'],
  ]),
  ...plantedIn("model/lint/network.ts", [
    [
      "two clusters may have one public name",
      "if (owner !== undefined) {\n        return [\n",
      'if (owner === "") {\n        return [\n',
    ],
  ]),
  ...plantedIn("model/lint/permissions.ts", [
    [
      "a rule that never applies is fine",
      "return decider && decider.account !== rule.account",
      'return decider && decider.account === ""',
    ],
    [
      "a deny that does nothing is fine",
      "rule[direction].deny.length > 0 && !allowedTo(rule.account, direction)",
      "rule[direction].deny.length > 99",
    ],
  ]),
  ...plantedIn("model/lint/placement.ts", [
    [
      "data of one territory may land in another",
      "stream.placementTags.length === 0 &&",
      "stream.placementTags.length < 0 &&",
    ],
    [
      "a stream may span territories",
      "stream.replicas > 1 && keys.length > 0",
      "stream.replicas > 9 && keys.length > 0",
    ],
    ["more replicas than zones are fine", "values.size >= stream.replicas ||", "values.size >= 0 ||"],
  ]),
  ...plantedIn("model/lint/storage.ts", [
    ["a file store may fill its disk", "const usableShare = 0.9", "const usableShare = 9"],
    ["a network file system is fine", 'diskOf(platform)?.kind === "network"', "diskOf(platform)?.kind === undefined"],
    ["the only copy may end with its task", "if (stream.replicas === 1) {", "if (stream.replicas === 0) {"],
  ]),
  ...plantedIn("model/lint/streams.ts", [
    [
      "one copy is fine",
      "stream.replicas === 1 && candidates.length >= 3",
      "stream.replicas === 1 && candidates.length >= 99",
    ],
    ["two copies are fine", "stream.replicas === 2", "stream.replicas === 22"],
    [
      "a stream may grow without an end",
      "!maxAgeMs && !maxBytes && !maxMessages",
      "!maxAgeMs && !maxBytes && !maxMessages && !subjects",
    ],
    [
      "a stream may drop what nobody reads yet",
      'stream.retention === "interest" && stream.consumers.length === 0',
      'stream.retention === "interest" && stream.consumers.length < 0',
    ],
  ]),
  ...plantedIn("model/lint/websocket.ts", [
    [
      "browsers may connect from any page",
      "websocket?.allowedOrigins.length === 0",
      "websocket?.allowedOrigins.length === -1",
    ],
    [
      "a page may be served in clear",
      'protocol === "http:" && !isLocal(hostname)',
      'protocol === "ftp:" && !isLocal(hostname)',
    ],
  ]),
  ...plantedIn("model/lint/zones.ts", [
    ["one zone may take the majority", "left >= quorum(servers.length)", "left >= 0"],
    [
      "replicas may share a zone",
      "cluster.jetstream?.uniqueTag !== undefined ||",
      "cluster.jetstream !== undefined ||",
    ],
  ]),
  ...plantedIn("model/lint/shutdown.ts", [
    ["servers may be killed before their clients have moved", "stop.seconds < needed", "stop.seconds < 0"],
  ]),
  ...plantedIn("model/lint/capacity.ts", [
    ["streams may reserve more than there is", "if (reserved <= available) continue;", "if (reserved >= 0) continue;"],
  ]),
];
