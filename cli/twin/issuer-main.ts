import { createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

/**
 * The local OIDC issuer as a process: serves the public half of one key until SIGTERM, and nothing else. Tokens are
 * signed by the command line, which can read the private half: who can reach a port cannot have one signed.
 */
function main(): void {
  const { ISSUER_KEY_FILE = "", PORT = "", HOST = "127.0.0.1" } = process.env;
  const { kid, alg, use, ...key } = JSON.parse(readFileSync(ISSUER_KEY_FILE, "utf8"));
  const publicHalf = createPublicKey({ key, format: "jwk" }).export({ format: "jwk" });
  const keys = JSON.stringify({ keys: [{ ...publicHalf, kid, alg, use }] });
  const server = createServer(({ method, url }, response) => {
    const isAsked = url === "/jwks" && (method === "GET" || method === "HEAD");
    response.writeHead(isAsked ? 200 : 404, { "content-type": "application/json", "cache-control": "no-store" });
    response.end(isAsked && method === "GET" ? keys : undefined);
  });
  server.listen(Number(PORT), HOST, () => process.stdout.write(`OIDC issuer listens on ${HOST}:${PORT}\n`));
  process.once("SIGTERM", () => {
    server.close(() => process.exit(0));
    server.closeAllConnections();
  });
}

main();
