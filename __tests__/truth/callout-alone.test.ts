import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { startProcess, stopProcess } from "../../cli/core/processes";
import { loopback } from "../../cli/twin/ports";
import { NatsClient } from "../../runtime/client";
import { createAuthority, issueCertificate } from "../../runtime/x509/authority";
import { type Issuer, startIssuer } from "../support/callout-issuer";
import { eventually } from "../support/eventually";
import { freePort } from "../support/ports";
import { findProgram } from "../support/programs";

/*
 * docs/auth-callout.md, "Alone, with a cluster that is there already", done as it is written: the configuration, the
 * rules and the variables are read from the page.
 */
const checkout = resolve(__dirname, "../..");
const page = readFileSync(join(checkout, "docs/auth-callout.md"), "utf8");
const block = (language: string, holding: string): string => {
  const found = [...page.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g"))].map(
    (match) => match[1] ?? "",
  );
  const text = found.find((candidate) => candidate.includes(holding));
  if (!text) throw new Error(`the page has no ${language} block with ${holding}`);
  return text;
};

const root = mkdtempSync(join(tmpdir(), "natsform-alone-"));
const at = (name: string) => join(root, name);
const programFolder = (name: string) => ({
  root,
  log: at(`${name}.log`),
  process: at(`${name}.json`),
  lastArguments: [at(name)],
});
const natsform = (...args: string[]) =>
  execFileSync(process.execPath, [join(checkout, "bin/natsform.js"), ...args], { cwd: root, encoding: "utf8" }).trim();

let issuer: Issuer;
let clientPort: number;
let httpPort: number;

beforeAll(async () => {
  issuer = await startIssuer();
  [clientPort, httpPort] = [await freePort(), await freePort()];
  const now = new Date();
  const authority = await createAuthority("existing cluster CA", 86_400_000, now);
  const names = { dns: ["localhost"], addresses: [loopback] };
  const pair = await issueCertificate(authority, { names, usages: ["server"], ttlMs: 3_600_000, now });
  writeFileSync(at("ca.crt"), authority.cert);
  writeFileSync(at("tls.crt"), pair.cert);
  writeFileSync(at("tls.key"), pair.key, { mode: 0o600 });

  const keys: Record<string, string> = {
    ISSUER: natsform("keys", "generate", "account", "--out", "issuer.seed"),
    XKEY: natsform("keys", "generate", "curve", "--out", "xkey.seed"),
    RESPONDER: natsform("keys", "generate", "user", "--out", "responder.seed"),
  };
  natsform("bundle", "auth-callout", "--out", "auth-callout.cjs");
  const conf = block("text", "auth_callout").replace(/\b(ISSUER|XKEY|RESPONDER)\b/g, (name) => keys[name] ?? name);
  const existing = `listen: "${loopback}:${clientPort}"\njetstream { store_dir: "${at("data")}" }\ntls { cert_file: "${at("tls.crt")}", key_file: "${at("tls.key")}" }\n`;
  writeFileSync(at("nats.conf"), existing + conf);
  writeFileSync(at("rules.json"), block("json", '"permissions"'));
  const natsServer = findProgram("nats-server");
  if (!natsServer) throw new Error("nats-server is not built: make tools");
  await startProcess(programFolder("server"), { command: natsServer, args: ["-c", at("nats.conf")], env: {} });

  const variables = Object.fromEntries(
    [...block("sh", "node auth-callout.cjs").matchAll(/([A-Z_]+)=(\S+)/g)].map((match) => [
      match[1] ?? "",
      match[2] ?? "",
    ]),
  );
  const env = {
    ...variables,
    // What the page can only give examples of.
    NATS_SERVERS: `tls://${loopback}:${clientPort}`,
    OIDC_ISSUER: issuer.url,
    OIDC_AUDIENCE: issuer.audience,
    HTTP_HOST: loopback,
    HTTP_PORT: String(httpPort),
  };
  await startProcess(programFolder("callout"), { command: process.execPath, args: [at("auth-callout.cjs")], env });
  const isReady = async () => (await fetch(`http://${loopback}:${httpPort}/readyz`)).ok;
  await eventually("the callout is ready", isReady).catch((error: Error) => {
    const logs = ["callout.log", "server.log"].map((name) => readFileSync(at(name), "utf8"));
    throw new Error([error.message, ...logs].join("\n"));
  });
});

afterAll(async () => {
  await stopProcess(programFolder("callout"), "SIGTERM", 10_000);
  await stopProcess(programFolder("server"), "SIGTERM", 10_000);
  await issuer?.stop();
  rmSync(root, { recursive: true, force: true });
});

const client = (token: string) =>
  new NatsClient({
    servers: `tls://${loopback}:${clientPort}`,
    caFile: at("ca.crt"),
    authentication: { kind: "token", token },
    connectTimeoutMs: 60_000,
  });

test("a valid token gets in and talks in its own subjects", async () => {
  const alice = client(await issuer.token({ sub: "auth0|alice" }));
  try {
    const connection = await alice.connection();
    const heard = connection.subscribe("user.auth0_7calice.>", { max: 1 });
    await connection.flush();
    await alice.publish("user.auth0_7calice.hello", "hi");
    for await (const message of heard) expect(message.string()).toBe("hi");
  } finally {
    await alice.close();
  }
});

test("an expired token and one for somebody else's API do not get in", async () => {
  const past = Math.floor(Date.now() / 1000) - 3600;
  for (const claims of [{ exp: past, iat: past - 60 }, { aud: "https://other.example.com" }]) {
    const stranger = client(await issuer.token({ sub: "auth0|alice", ...claims }));
    await expect(stranger.connection()).rejects.toThrow(/authorization violation/i);
    await stranger.close();
  }
});

test("the key files are for their owner alone, and no seed was printed", () => {
  for (const name of ["issuer.seed", "xkey.seed", "responder.seed"]) {
    expect(statSync(at(name)).mode & 0o777).toBe(0o600);
  }
  const logs = readFileSync(at("callout.log"), "utf8") + readFileSync(at("server.log"), "utf8");
  expect(logs).not.toMatch(/S[UAOX][A-Z2-7]{56}/);
});
