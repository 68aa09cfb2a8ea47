import { readFileSync } from "node:fs";
import { OAuth2Server } from "oauth2-mock-server";

/** The local OIDC issuer as a process: serves the public half of one key until SIGTERM. */
async function main(): Promise<void> {
  const { ISSUER_KEY_FILE = "", PORT = "", HOST = "127.0.0.1" } = process.env;
  const server = new OAuth2Server();
  await server.issuer.keys.add(JSON.parse(readFileSync(ISSUER_KEY_FILE, "utf8")) as Record<string, unknown>);
  await server.start(Number(PORT), HOST);
  process.stdout.write(`OIDC issuer listens on ${HOST}:${PORT}\n`);
  process.once("SIGTERM", () => {
    void server.stop().then(() => process.exit(0));
  });
}

void main();
