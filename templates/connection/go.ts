import { type Connection, headOf, variablesOf } from "./connection";
import { tokenOf } from "./env";

/** A file for nats.go: `Connect(options...)` logs in. */
export function goText(connection: Connection): string {
  const { caFile, login } = connection;
  const variables = variablesOf(connection);
  const name = `Connect${exported(login.by === "nkey" ? login.service : login.sub)}`;
  const variable = (name: string) => `cmp.Or(os.Getenv("${name}"), ${JSON.stringify(variables[name] ?? "")})`;
  const nkey = login.by === "nkey";
  const from = login.by === "token" ? (login.command ? `what "${login.command}" prints` : tokenOf(login)) : "";
  return [
    ...headOf(connection, "go").map((text) => `// ${text}`),
    "// go get github.com/nats-io/nats.go",
    "package main",
    "",
    "import (",
    '\t"cmp"',
    '\t"os"',
    '\t"time"',
    "",
    '\t"github.com/nats-io/nats.go"',
    ")",
    "",
    `// ${name} logs in, or says why not.`,
    `func ${name}(options ...nats.Option) (*nats.Conn, error) {`,
    ...(nkey
      ? [
          `\tlogin, err := nats.NkeyOptionFromSeed(${variable("NATS_NKEY_SEED_FILE")})`,
          "\tif err != nil {",
          "\t\treturn nil, err",
          "\t}",
        ]
      : [
          `\t// Called at each connect: ${from}, not one that has expired.`,
          '\tlogin := nats.TokenHandler(func() string { return os.Getenv("NATS_TOKEN") })',
        ]),
    "\tall := append([]nats.Option{",
    "\t\tlogin,",
    caFile === undefined ? "\t\tnats.Secure()," : `\t\tnats.RootCAs(${variable("NATS_CA_FILE")}),`,
    "\t\t// The only inboxes that it may listen to: with any other prefix every request is refused.",
    `\t\tnats.CustomInboxPrefix(${variable("NATS_INBOX_PREFIX")}),`,
    "\t\t// Two refusals in a row would close it for good, and while servers restart they do refuse.",
    "\t\tnats.IgnoreAuthErrorAbort(),",
    "\t\tnats.MaxReconnects(-1),",
    "\t\tnats.PingInterval(20 * time.Second),",
    "\t\t// No RetryOnFailedConnect: a first login that is refused would be tried for ever, and nobody told why.",
    "\t}, options...)",
    `\treturn nats.Connect(${variable("NATS_URL")}, all...)`,
    "}",
  ].join("\n");
}

/** `main-api` as `MainApi`: several of these files stand in one package. */
const exported = (name: string) =>
  name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
