import { type Connection, headOf, variablesOf } from "./connection";
import { tokenOf } from "./env";

/** The two lines of nats.js: what they are called, and what else is installed for JetStream. */
const packages = {
  node: { name: "@nats-io/transport-node", install: "@nats-io/transport-node @nats-io/jetstream" },
  "node-v2": { name: "nats", install: "nats@2" },
} as const;

/** A module for nats.js in Node: `connect(options)` logs in. */
export function nodeText(connection: Connection, line: keyof typeof packages): string {
  const { caFile, login, sentinel } = connection;
  const variables = variablesOf(connection);
  const variable = (name: string) => `env.${name} ?? ${JSON.stringify(variables[name] ?? "")}`;
  const nkey = login.by === "nkey";
  const proof = nkey ? "nkeyAuthenticator" : "tokenAuthenticator";
  const imported = ["connect as dial", ...(sentinel ? ["jwtAuthenticator"] : []), proof];
  const proven = nkey
    ? `nkeyAuthenticator(new TextEncoder().encode(readFileSync(${variable("NATS_NKEY_SEED_FILE")}, "utf8").trim()))`
    : "tokenAuthenticator(token)";
  const reads = nkey || caFile !== undefined;
  return [
    ...headOf(connection, line).map((text) => `// ${text}`),
    `// npm install ${packages[line].install}`,
    ...(nkey ? ['import { readFileSync } from "node:fs";'] : []),
    `import { ${imported.join(", ")} } from "${packages[line].name}";`,
    "",
    "const { env } = process;",
    ...(login.by === "token"
      ? [
          "",
          `/** Called at each connect: ${login.command ? `what "${login.command}" prints` : tokenOf(login)}, not one that has expired. */`,
          'const token = () => env.NATS_TOKEN ?? "";',
        ]
      : []),
    "",
    "/** Logs in, or says why not. It ends by itself only when it is closed or drained. */",
    "export function connect(options = {}) {",
    "  return dial({",
    `    servers: (${variable("NATS_URL")}).split(","),`,
    "    // Without this option a server that offers no TLS would get the login in clear.",
    `    tls: ${reads && caFile !== undefined ? `{ caFile: ${variable("NATS_CA_FILE")} }` : "{}"},`,
    `    authenticator: ${sentinel ? `[jwtAuthenticator(${variable("NATS_SENTINEL")}), ${proven}]` : proven},`,
    "    // The only inboxes that it may listen to: with any other prefix every request is refused.",
    `    inboxPrefix: ${variable("NATS_INBOX_PREFIX")},`,
    "    // Two refusals in a connection's life would close it for good, and while servers restart they do refuse.",
    "    ignoreAuthErrorAbort: true,",
    "    maxReconnectAttempts: -1,",
    "    pingInterval: 20_000,",
    "    // No waitOnFirstConnect: a first login that is refused would be tried for ever, and nobody told why.",
    "    ...options,",
    "  });",
    "}",
  ].join("\n");
}
