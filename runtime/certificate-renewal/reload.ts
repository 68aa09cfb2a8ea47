import { ErrorCode, type NatsConnection, NatsError } from "nats";
import type { Logger } from "pino";
import { z } from "zod";
import { servedFingerprint } from "../certificate-agent/handshake";
import { errorMessage } from "../common/error-message";
import type { ServedListener } from "./env";
import type { Renewed } from "./renew";

export interface ReloadProps {
  connection: () => Promise<NatsConnection>;
  served: readonly ServedListener[];
  current: Renewed["current"];
  timeoutMs: number;
  log: Pick<Logger, "info" | "warn">;
  sleep?: (ms: number) => Promise<void>;
}

const Answer = z.object({ server: z.object({ id: z.string().min(1), name: z.string() }) });
const everyMs = 10_000;
const sleepFor = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/**
 * Asks servers to reload until each serves the renewed certificates. Pods see a changed Secret when their kubelet
 * checks again, so a reload may come too early and is then repeated.
 *
 * @throws with every listener that still serves another certificate when the time is up
 */
export async function reloadServers(props: ReloadProps): Promise<void> {
  const { connection, timeoutMs, log, sleep = sleepFor } = props;
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const names = await requestReload(await connection());
    const behind = await listenersBehind(props);
    if (behind.length === 0) {
      log.info({ servers: names }, "every listener serves what stands in its Secret");
      return;
    }
    if (Date.now() + everyMs > deadline) throw new Error(`not served yet: ${behind.join(", ")}`);
    await sleep(everyMs);
  }
}

/** Requests a reload of every server of the cluster that answers. @returns their names */
export async function requestReload(connection: NatsConnection): Promise<string[]> {
  const answers = await connection.requestMany("$SYS.REQ.SERVER.PING", "", { maxWait: 2000 });
  const servers: z.output<typeof Answer>["server"][] = [];
  for await (const message of answers) {
    const answer = Answer.safeParse(JSON.parse(message.string()));
    if (answer.success) servers.push(answer.data.server);
  }
  await Promise.all(servers.map((server) => requestServerReload(connection, server)));
  return servers.map(({ name }) => name).sort();
}

/** @throws when the server refuses */
async function requestServerReload(
  connection: NatsConnection,
  { id, name }: { id: string; name: string },
): Promise<void> {
  const reply = await connection
    .request(`$SYS.REQ.SERVER.${id}.RELOAD`, "", { timeout: 3000 })
    // In operator mode a reloading server does not confirm the reload (2.14.5): its accounts are read again, and the answer
    // is lost with the old ones. So the certificate that it presents afterwards is checked.
    .catch((error: unknown) => {
      if (error instanceof NatsError && error.code === ErrorCode.Timeout) return undefined;
      throw error;
    });
  const refusal = reply && (reply.json() as { error?: { description?: string } }).error;
  if (refusal) throw new Error(`${name} refuses to reload: ${refusal.description ?? "no reason"}`);
}

async function listenersBehind({ served, current }: ReloadProps): Promise<string[]> {
  const behind = await Promise.all(
    served.map(async ({ host, port, certificate, plainInfo }) => {
      const pair = current.get(certificate);
      const place = `${certificate} on ${host}:${port}`;
      if (!pair) return [place];
      try {
        // Routes and leaf nodes admit peers alone: the job presents the certificate that peers present.
        const client = certificate === "internal" ? undefined : { cert: pair.cert, key: pair.key };
        const seen = await servedFingerprint({ host, port, servername: host, plainInfo, proxied: false, client });
        return seen === pair.fingerprint ? [] : [place];
      } catch (error) {
        return [`${place} (${errorMessage(error)})`];
      }
    }),
  );
  return behind.flat();
}
