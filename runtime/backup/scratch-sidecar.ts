import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { errorMessage } from "../common/error-message";
import { names } from "./api";
import { BACKUP_INBOX } from "./contract";

const STARTS_WITHIN_MS = 60_000;

/**
 * Uses a server that was started beside this program for one drill: the second container of a pod or task.
 *
 * @param url on the loopback address
 * @throws Error when it is not reached within a minute, or holds streams: a drill deletes what it restored
 */
export async function useScratchServer(url: string): Promise<ScratchServer> {
  const connection = await reach(url);
  const stop = () => connection.close();
  try {
    const found = await names(connection, "STREAM.NAMES", Date.now() + STARTS_WITHIN_MS);
    if (found.length > 0) throw new Error(`${url} holds streams: a drill needs a server that is empty`);
  } catch (error) {
    await stop();
    throw error;
  }
  return { connection, stop };
}

/** Connects to the server, which may be started after this program. */
async function reach(servers: string): Promise<NatsConnection> {
  for (const deadline = Date.now() + STARTS_WITHIN_MS; ; await sleep(200)) {
    try {
      return await connect({ servers, inboxPrefix: BACKUP_INBOX });
    } catch (error) {
      if (Date.now() > deadline) throw new Error(`${servers} cannot be reached: ${errorMessage(error)}`);
    }
  }
}

/**
 * Ends the server that wrote its process id into a file. A Job is done when all containers of its pod have ended, and
 * the image of nats-server need not hold a shell that would watch for the end of another container.
 *
 * @param pidFile undefined: nothing is done
 */
export async function endServer(pidFile: string | undefined): Promise<void> {
  if (!pidFile) return;
  const pid = await processId(pidFile);
  try {
    // The one of its termination signals after which it exits with 0.
    if (pid !== undefined) process.kill(pid, "SIGINT");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/**
 * Reads the process id. A server that still starts writes the file later; one that never starts ends by itself, or with
 * the Job's deadline.
 */
async function processId(file: string): Promise<number | undefined> {
  for (const deadline = Date.now() + STARTS_WITHIN_MS; Date.now() < deadline; await sleep(200)) {
    const pid = Number(await readFile(file, "utf8").catch(() => ""));
    if (Number.isInteger(pid) && pid > 1) return pid;
  }
  return undefined;
}

/** An empty nats-server with JetStream, on this machine alone. */
export interface ScratchServer {
  readonly connection: NatsConnection;
  /** Ends it and removes everything that it stored. Safe to call twice. */
  stop(): Promise<void>;
}
