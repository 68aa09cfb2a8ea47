import { type Connection, headOf } from "./connection";
import { tokenOf } from "./env";

/** A module for browsers: `connect(token)` logs in whoever the token names. Nothing in it belongs to one user. */
export function browserText(connection: Connection): string {
  const { login, websocket, sentinel } = connection;
  const from = login.by === "token" ? (login.command ? `what "${login.command}" prints` : tokenOf(login)) : "";
  const imported = [...(sentinel ? ["jwtAuthenticator"] : []), "tokenAuthenticator", "wsconnect"];
  const proof = "tokenAuthenticator(token)";
  return [
    ...headOf(connection, "browser").map((text) => `// ${text}`),
    "// npm install @nats-io/nats-core @nats-io/jetstream, and a bundler",
    `import { ${imported.join(", ")} } from "@nats-io/nats-core";`,
    "",
    `const servers = ${JSON.stringify(websocket)};`,
    ...(sentinel ? [`const sentinel = ${JSON.stringify(sentinel)};`] : []),
    "",
    "/**",
    " * Logs in, or says why not.",
    " *",
    ` * @param token function that returns ${from}: it is called at each connect, and must not return one that has expired`,
    " */",
    "export function connect(token, options = {}) {",
    "  return wsconnect({",
    "    servers,",
    `    authenticator: ${sentinel ? `[jwtAuthenticator(sentinel), ${proof}]` : proof},`,
    "    // The only inboxes that the user may listen to: with any other prefix every request is refused.",
    "    inboxPrefix: inboxPrefix(token()),",
    "    ignoreAuthErrorAbort: true,",
    "    maxReconnectAttempts: -1,",
    "    pingInterval: 20_000,",
    "    ...options,",
    "  });",
    "}",
    "",
    "/** `_INBOX.` and the `sub`: letters, digits and - as they are, every other byte of its UTF-8 as _hh. */",
    "export function inboxPrefix(token) {",
    '  const payload = atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"));',
    "  const { sub } = JSON.parse(new TextDecoder().decode(Uint8Array.from(payload, (c) => c.charCodeAt(0))));",
    "  const encoded = Array.from(new TextEncoder().encode(sub), (byte) => {",
    "    const character = String.fromCharCode(byte);",
    '    return /[A-Za-z0-9-]/.test(character) ? character : "_" + byte.toString(16).padStart(2, "0");',
    "  });",
    '  return "_INBOX." + encoded.join("");',
    "}",
  ].join("\n");
}
