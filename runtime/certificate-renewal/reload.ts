import type { NatsConnection } from "@nats-io/transport-node";
import type { Logger } from "pino";
import { z } from "zod";
import { acceptedAsPeer, servedFingerprint } from "../certificate-agent/handshake";
import { failureOf } from "../client/nats-errors";
import { errorMessage } from "../common/error-message";
import type { ServedListener } from "./env";
import type { Renewed } from "./renew";

export interface ReloadProps {
  connection: () => Promise<NatsConnection>;
  served: readonly ServedListener[];
  timeoutMs: number;
  log: Pick<Logger, "info" | "warn">;
  sleep?: (ms: number) => Promise<void>;
}

type Pair = { cert: string; key: string };

const Answer = z.object({ server: z.object({ id: z.string().min(1), name: z.string() }) });
const everyMs = 10_000;
const sleepFor = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/**
 * Asks servers to reload until each serves the renewed certificates.
 *
 * @throws with every listener that still serves another certificate when the time is up
 */
export async function reloadServers(props: ReloadProps & { current: Renewed["current"] }): Promise<void> {
  const behind = await reloadUntilNone(props, () => listenersBehind(props));
  if (behind.length > 0) throw new Error(`not served yet: ${behind.join(", ")}`);
  props.log.info("every listener serves what stands in its Secret");
}

/**
 * Asks servers to reload until every listener that verifies peers by the certificate's authority accepts it.
 *
 * @returns listeners that still refuse it when the time is up, with the reason
 */
export const reloadUntilAccepted = (props: ReloadProps, id: string, pair: Pair): Promise<string[]> =>
  reloadUntilNone(props, () => listenersRefusing(props, id, pair));

/** A listener with which something is wrong. */
interface Behind {
  server: string;
  text: string;
}

/**
 * Looks first, and asks the servers that are behind alone, one after another: a reload disconnects everybody whom the
 * callout admitted. Pods see a changed Secret when their kubelet checks again, so a reload may come too early: then the
 * others wait as well, and it is repeated.
 *
 * @returns listeners that are behind when the time is up
 */
async function reloadUntilNone(props: ReloadProps, missing: () => Promise<Behind[]>): Promise<string[]> {
  const { connection, timeoutMs, log, sleep = sleepFor } = props;
  const deadline = Date.now() + timeoutMs;
  const isOver = () => Date.now() + everyMs > deadline;
  for (;;) {
    const behind = await missing();
    if (behind.length === 0) return [];
    const servers = await serversThatAnswer(await connection());
    for (const name of new Set(behind.map(({ server }) => server))) {
      const server = servers.find((answering) => answering.name === name);
      if (server) await requestServerReload(await connection(), server);
      const still = (await missing()).filter((listener) => listener.server === name);
      log.info({ server: name, answers: server !== undefined, behind: still.map(({ text }) => text) }, "reloaded");
      if (still.length > 0 && !isOver()) await sleep(everyMs);
    }
    if (isOver()) return (await missing()).map(({ text }) => text);
  }
}

/** Asks every server of the cluster that answers for a reload, one after another. @returns their names */
export async function requestReload(connection: NatsConnection): Promise<string[]> {
  const servers = await serversThatAnswer(connection);
  for (const server of servers) await requestServerReload(connection, server);
  return servers.map(({ name }) => name).sort();
}

/** Servers of the cluster that answer. */
async function serversThatAnswer(connection: NatsConnection): Promise<{ id: string; name: string }[]> {
  const answers = await connection.requestMany("$SYS.REQ.SERVER.PING", "", { maxWait: 2000 });
  const servers: z.output<typeof Answer>["server"][] = [];
  for await (const message of answers) {
    const answer = Answer.safeParse(JSON.parse(message.string()));
    if (answer.success) servers.push(answer.data.server);
  }
  return servers;
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
      if (failureOf(error) === "timeout") return undefined;
      throw error;
    });
  const refusal = reply && (reply.json() as { error?: { description?: string } }).error;
  if (refusal) throw new Error(`${name} refuses to reload: ${refusal.description ?? "no reason"}`);
}

/** Routes and leaf nodes admit peers alone, whom they verify; clients come without a certificate. */
const verifiesPeers = (certificate: string) => certificate !== "internal";

async function listenersBehind({ served, current }: Parameters<typeof reloadServers>[0]): Promise<Behind[]> {
  return problemsAt(served, async ({ host, port, certificate, plainInfo }) => {
    const pair = current.get(certificate);
    if (!pair) return "";
    const client = verifiesPeers(certificate) ? { cert: pair.cert, key: pair.key } : undefined;
    const seen = await servedFingerprint({ host, port, servername: host, plainInfo, proxied: false, client });
    return seen === pair.fingerprint ? undefined : "";
  });
}

async function listenersRefusing({ served }: ReloadProps, id: string, client: Pair): Promise<Behind[]> {
  const verifying = served.filter(({ certificate }) => certificate === id && verifiesPeers(certificate));
  return problemsAt(verifying, async ({ host, port, plainInfo }) => {
    await acceptedAsPeer({ host, port, servername: host, plainInfo, client });
    return undefined;
  });
}

/** Listeners with which something is wrong: the problem in words, an empty one, or an error. */
async function problemsAt(
  listeners: readonly ServedListener[],
  problemOf: (listener: ServedListener) => Promise<string | undefined>,
): Promise<Behind[]> {
  const problems = await Promise.all(
    listeners.map(async (listener) => {
      const problem = await problemOf(listener).catch((error: unknown) => ` (${errorMessage(error)})`);
      const text = `${listener.certificate} on ${listener.host}:${listener.port}${problem}`;
      return problem === undefined ? [] : [{ server: listener.server, text }];
    }),
  );
  return problems.flat();
}
