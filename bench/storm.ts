import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { packageRoot } from "../bin/built";
import { signalProcess } from "../cli/core/processes";
import { openTwin, type Twin } from "../cli/twin/context";
import { ensureIssuerKey, signToken } from "../cli/twin/issuer";
import { benchBurst } from "./burst";
import { natsform } from "./natsform";
import { quantile } from "./statistics";
import { type Admission, login } from "./storm-client";

const clients = 1000;

/** A thousand clients of a three-server cluster that all come back at once, with two responders and with one killed. */
export async function benchStorm(): Promise<void> {
  await benchBurst();
  const folder = mkdtempSync(join(tmpdir(), "natsform-storm-"));
  try {
    mkdirSync(join(folder, "environments"));
    cpSync(join(packageRoot, "environments/demo.ts"), join(folder, "environments/demo.ts"));
    natsform(folder, "up", "demo");
    const twin = await openTwin("demo", folder);
    const tokens = await mint(twin);
    const fetchesBefore = await keyFetches(twin);
    const calm = await storm(twin, tokens);
    const fetched = (await keyFetches(twin)) - fetchesBefore;
    const [victim = ""] = Object.keys(twin.ports.responders);
    const faulty = await storm(twin, tokens, () => signalProcess(twin.folder.program(victim), "SIGKILL"));
    const timeout = twin.topology.identity.calloutTimeoutSeconds;
    process.stdout.write(`storm: ${clients} clients log in at once over TLS, three servers, the servers' own timeout is ${timeout} s
  two responders                                  ${report(calm)}; ${fetched} downloads of the issuer's keys
  one of them killed in the middle                ${report(faulty)}
`);
  } finally {
    natsform(folder, "down", "--wipe", "--now");
    rmSync(folder, { recursive: true, force: true });
  }
}

async function mint(twin: Twin): Promise<string[]> {
  const { oidc } = twin.topology.identity;
  const { issuer, audience } = oidc;
  const key = await ensureIssuerKey(twin.folder, oidc);
  return Promise.all(
    Array.from({ length: clients }, (_, i) => signToken(key, { issuer, audience, sub: `auth0|storm-${i}` })),
  );
}

interface Storm {
  admissions: Admission[];
  /** Milliseconds from the first connection to the last admission. */
  wholeMs: number;
}

async function storm(twin: Twin, tokens: string[], inTheMiddle?: () => void): Promise<Storm> {
  const ca = readFileSync(twin.folder.caBundle, "utf8");
  const ports = Object.values(twin.ports.servers).map(({ client }) => client ?? 0);
  const started = performance.now();
  let admitted = 0;
  const admissions = await Promise.all(
    tokens.map(async (token, i) => {
      const admission = await login(ports[i % ports.length] ?? 0, ca, token, 5);
      if (++admitted === Math.floor(tokens.length / 4)) inTheMiddle?.();
      return admission;
    }),
  );
  return { admissions, wholeMs: performance.now() - started };
}

/** Downloads of the issuer's keys by all responders, as their metrics count them. */
async function keyFetches(twin: Twin): Promise<number> {
  let sum = 0;
  for (const port of Object.values(twin.ports.responders)) {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    for (const [, count] of text.matchAll(/^\w*jwks_fetches_total\{[^}]*\} (\d+)/gm)) sum += Number(count);
  }
  return sum;
}

function report({ admissions, wholeMs }: Storm): string {
  const ms = admissions.map((admission) => admission.ms);
  const again = admissions.filter(({ attempts }) => attempts > 1).length;
  const figures = `p50 ${Math.round(quantile(ms, 0.5))} ms, p99 ${Math.round(quantile(ms, 0.99))} ms, longest ${Math.round(Math.max(...ms))} ms`;
  return `${admissions.length} admitted in ${(wholeMs / 1000).toFixed(1)} s, login ${figures}; ${again} had to ask again`;
}
