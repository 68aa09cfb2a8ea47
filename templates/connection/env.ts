import { type Connection, headOf, variablesOf } from "./connection";

/** Lines that `node --env-file`, `docker run --env-file` and a shell take. */
export function envText(connection: Connection): string {
  const { login } = connection;
  const token =
    login.by === "token"
      ? [
          `# NATS_TOKEN: ${login.command ? `what "${login.command}" prints` : tokenOf(login)}; it ends, so ask for a fresh one`,
        ]
      : [];
  const lines = Object.entries(variablesOf(connection)).map(([name, value]) => `${name}=${quoted(value)}`);
  return [...headOf(connection, "env").map((line) => `# ${line}`), ...lines, ...token].join("\n");
}

/** Where a token comes from, in words. */
export const tokenOf = ({ issuer, audience }: { issuer: string; audience: string }): string =>
  `an access token of ${issuer} for audience ${audience}`;

const quoted = (value: string) => (/^[\w./:,@%+=-]*$/.test(value) ? value : JSON.stringify(value));
