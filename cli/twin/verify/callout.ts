import { createSign, generateKeyPairSync } from "node:crypto";
import type { Trust } from "../../../model/config";
import type { ClusterTopology } from "../../../model/topology";
import type { NatsClient } from "../../../runtime/client";
import { errorMessage } from "../../../runtime/common/error-message";
import { counted } from "../../core/counted";
import type { VerifyRow } from "../../core/rows";
import { checkRow } from "../../core/rows";
import { fixedUser, sentinelOf, twinClient } from "../connect";
import { clientUrls, type Twin } from "../context";
import { ensureProgram, programReady, responders, stopProgram } from "../programs";
import { mintToken } from "../token";
import { verifyAdmission, verifyServices, verifySub, whoAmI } from "./grants";

/** Checks which logins succeed and which are refused, for each cluster, with the callout and without it. */
export async function verifyCallout(twin: Twin, trust: Trust): Promise<VerifyRow[]> {
  const rows: VerifyRow[] = [];
  for (const cluster of twin.topology.clusters) {
    rows.push(await verifyAdmission(twin, cluster, trust));
    if (Object.keys(twin.topology.identity.services).length > 0) rows.push(await verifyServices(twin, cluster, trust));
    rows.push(await verifyForgery(twin, cluster, trust));
    rows.push(await verifyOutage(twin, cluster, trust));
  }
  return rows;
}

/** The token's header and claims with the signature of another key. */
export function forge(token: string): string {
  const [header, payload] = token.split(".");
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return `${header}.${payload}.${createSign("RSA-SHA256").update(`${header}.${payload}`).sign(privateKey, "base64url")}`;
}

function verifyForgery(twin: Twin, cluster: ClusterTopology, trust: Trust): Promise<VerifyRow> {
  return checkRow("callout", `${cluster.name}: a forged token is refused`, async () => {
    const token = forge(await mintToken(twin, { sub: verifySub }));
    const attempt = () =>
      login(
        twinClient(twin, cluster, {
          authentication: { kind: "token", token, sentinel: sentinelOf(twin, trust) },
          // One server: a client that is refused tries all of them.
          servers: clientUrls(twin, cluster).slice(0, 1),
        }),
      );
    // Without a responder, the server refuses with the same message after its timeout. A busy machine is that late
    // once, not twice.
    const timeoutMs = twin.topology.identity.calloutTimeoutSeconds * 1000;
    const first = await attempt();
    const { refusal, ms } = first.ms < timeoutMs ? first : await attempt();
    if (refusal === undefined) return { ok: false, seen: "it was admitted" };
    if (ms >= timeoutMs) return { ok: false, seen: `no answer: ${refusal} after ${ms} ms` };
    return { ok: /authorization violation/i.test(refusal), seen: `${refusal} after ${ms} ms` };
  });
}

/** Tries to log in. Returns the duration, and the error when it is refused. */
async function login(client: NatsClient): Promise<{ ms: number; refusal?: string }> {
  const started = Date.now();
  try {
    await client.connection();
    return { ms: Date.now() - started };
  } catch (error) {
    return { ms: Date.now() - started, refusal: errorMessage(error) };
  } finally {
    await client.close();
  }
}

/** Operators must be able to log in while the callout is down. The responders are started again in any case. */
function verifyOutage(twin: Twin, cluster: ClusterTopology, trust: Trust): Promise<VerifyRow> {
  return checkRow("callout", `${cluster.name}: SYS works with the callout stopped`, async () => {
    const programs = responders(twin, cluster, trust);
    try {
      await Promise.all(programs.map(stopProgram));
      const client = twinClient(twin, cluster, { authentication: fixedUser(twin, cluster, "sys") });
      const started = Date.now();
      try {
        const { account } = await whoAmI(client, cluster);
        const ms = Date.now() - started;
        const isSystem = account === (trust.accounts.SYS?.publicKey ?? "SYS");
        return {
          ok: isSystem,
          seen: `SYS in ${ms} ms, ${counted(programs.length, "responder")} stopped and started again`,
        };
      } finally {
        await client.close();
      }
    } finally {
      for (const program of programs) await ensureProgram(twin, program);
      await Promise.all(programs.map((program) => programReady(program, 60_000)));
    }
  });
}
