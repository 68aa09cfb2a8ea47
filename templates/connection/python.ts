import { type Connection, headOf, variablesOf } from "./connection";
import { tokenOf } from "./env";

/** A module for nats-py: `await connect(**options)` logs in. */
export function pythonText(connection: Connection): string {
  const { caFile, login } = connection;
  const variables = variablesOf(connection);
  const variable = (name: string) => `os.environ.get("${name}", ${JSON.stringify(variables[name] ?? "")})`;
  const authority = caFile === undefined ? "" : `cafile=${variable("NATS_CA_FILE")}`;
  return [
    ...headOf(connection, "python").map((text) => `# ${text}`),
    "# pip install nats-py[nkeys]",
    "import os",
    "import ssl",
    "",
    "import nats",
    "",
    ...(login.by === "token"
      ? [
          "",
          "def token():",
          `    """Called at each connect: ${login.command ? `what \`${login.command}\` prints` : tokenOf(login)}, not one that has expired."""`,
          '    return os.environ["NATS_TOKEN"]',
          "",
        ]
      : []),
    "",
    "async def connect(**options):",
    '    """Logs in, or raises why not."""',
    "    return await nats.connect(**{",
    `        "servers": ${variable("NATS_URL")}.split(","),`,
    `        "tls": ssl.create_default_context(${authority}),`,
    login.by === "nkey" ? `        "nkeys_seed": ${variable("NATS_NKEY_SEED_FILE")},` : '        "token": token,',
    "        # The only inboxes that it may listen to: with any other prefix every request is refused.",
    `        "inbox_prefix": ${variable("NATS_INBOX_PREFIX")},`,
    "        # Ten attempts for each server, otherwise, and then it is closed.",
    '        "max_reconnect_attempts": -1,',
    '        "ping_interval": 20,',
    "        **options,",
    "    })",
  ].join("\n");
}
