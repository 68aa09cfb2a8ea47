import { plantedIn } from "../planted";

/** What a server is told, on every platform. */
export const natsConf = [
  ...plantedIn("templates/nats-conf/identity.ts", [
    ["the callout's requests go unsealed", "xkey: trust.xkey,", "xkey: undefined,"],
    ["fixed users log in over any kind of connection", "allowed_connection_types: connections,", ""],
    ["fixed users publish to every subject", "publish: publish && { ...publish }", "publish: undefined"],
    ["fixed users hear every subject", "subscribe: subscribe && { ...subscribe }", "subscribe: undefined"],
    [
      "fixed users have no limits",
      "permissions: permissions && permissionsConf(permissions)",
      "permissions: undefined",
    ],
    [
      "the callout is asked about fixed users too",
      "auth_users: users.flatMap((user) => keysOf(user, trust))",
      "auth_users: []",
    ],
    ["the system account is one of many", "system_account: identity.systemAccount,", ""],
    ["every user is in every account", ".filter((user) => user.account === account.name)", ""],
    ["a rotated key ends at once, before its users have the new one", "...(previous ? [previous] : [])", ""],
    [
      "accounts store without limits",
      'return Object.values(limited).some((value) => value !== undefined) ? limited : "enabled";',
      'return "enabled";',
    ],
    ["an operator's server keeps no account but the preloaded ones", 'type: "full"', 'type: "cache"'],
  ]),
  ...plantedIn("templates/nats-conf/server.ts", [
    [
      "leaf nodes come without a certificate",
      'verify: listener.verify === "require" ? true : undefined',
      "verify: undefined",
    ],
    [
      "any certificate of its authority joins the cluster",
      'listener.verify === "routes" ? true : undefined',
      'listener.verify === "none" ? true : undefined',
    ],
    [
      "peers are verified by whatever the machine trusts",
      'listener.verify === "none" ? undefined : site.paths.ca(issuer)',
      "undefined",
    ],
    ["clients connect in clear", 'tls: tls(props, "client")', "tls: undefined"],
    ["routes run in clear", 'tls: tls(props, "routes")', "tls: undefined"],
    ["leaf nodes connect in clear", 'tls: tls(props, "leafnodes")', "tls: undefined"],
    ["browsers connect in clear", 'tls: tls(props, "websocket")', "tls: undefined"],
    [
      "any web page connects from a browser",
      "allowed_origins: allowedOrigins.length > 0 ? allowedOrigins : undefined,",
      "",
    ],
    [
      "clients learn the addresses of all servers behind the one they dial",
      "port: site.ports.routes,\n    no_advertise: true,",
      "port: site.ports.routes,",
    ],
    [
      "what is acknowledged is on disk two minutes later",
      "sync_interval: jetstream.syncInterval",
      "_sync_interval: jetstream.syncInterval",
    ],
    ["replicas of a stream share a zone", "unique_tag: jetstream.uniqueTag,", ""],
    ["JetStream fills the disk", "max_file_store: bytes(jetstream.fileBytes),", ""],
    ["JetStream fills the memory", "max_memory_store: bytes(jetstream.memoryBytes),", ""],
    ["streams of hub and leaf nodes are one domain", "domain: jetstream.domain,", ""],
    ["messages may be of any size", "max_payload: bytes(nats.maxPayloadBytes),", ""],
    ["any number of connections is let in", "max_connections: nats.maxConnections,", ""],
    ["a server of an older version is given keys with which it does not start", "|| !knowsKey(version, keyPath)", ""],
  ]),
  ...plantedIn("templates/nats-conf/leaf-remote.ts", [
    ["a leaf takes any server for its hub", "ca_file: files.ca,", ""],
    ["a leaf brings no certificate", "cert_file: cert, key_file: key, ", ""],
  ]),
  ...plantedIn("templates/nats-conf/site.ts", [
    [
      "routes are dialled in clear",
      "(server: ServerTopology, port: number) => `tls://",
      "(server: ServerTopology, port: number) => `nats-route://",
    ],
    ["a leaf dials its hub in clear", "return publicName ? [`tls://", "return publicName ? [`nats://"],
  ]),
  ...plantedIn("templates/nats-conf/restart.ts", [
    [
      "a change that no reload takes over is never carried out",
      ".update(printConf(restartPart(object)))",
      '.update("")',
    ],
    ["an operator's servers run on rotated keys", "{ ...object, keys, ...", "{ ...object, ..."],
    ["an operator's servers admit the users of a cluster that was added", "...(refused.length > 0 && { refused })", ""],
  ]),
  ...plantedIn("templates/nats-conf/tree.ts", [
    [
      "a quotation mark ends a string, and the rest is configuration",
      'if (char === \'"\' || char === "\\\\") out += `\\\\${char}`;',
      'if (char === "\\\\") out += `\\\\${char}`;',
    ],
    ["a key with a NUL hides what follows", ' || key.includes("\\0")', ""],
    ["a variable's name may hold anything", "if (!/^[A-Za-z_]+$/.test(name))", 'if (name === "")'],
  ]),
];
