import { errorMessage } from "../../common/error-message";
import type { Connection } from "../connection";
import { ClientError, StalledError, StreamError } from "../errors";
import { checkName } from "../names";
import type { LinkBucket, LinkObjects } from "../transport/link";

/** Without a chunk for this long a read of an object has stalled. */
const STALL_MS = 30_000;

/** A key-value bucket that exists. Everything that it rejects with is a {@link ClientError}. */
export async function openBucket(connection: Connection, name: string): Promise<LinkBucket> {
  checkName(name, "bucket");
  const link = await connection.link();
  return guarded(await link.bucket(name).catch(failing(`bucket ${name}`)), `bucket ${name}`);
}

/** Options of an object store. */
export interface ObjectsOptions {
  /** Without a chunk for this long a read has stalled. @default 30000 */
  stallMs?: number;
}

/** An object store that exists. */
export interface Objects extends Omit<LinkObjects, "get"> {
  /** The object's bytes; undefined when there is none. @throws StalledError when no chunk comes for `stallMs` */
  get(name: string): Promise<Uint8Array | undefined>;
}

/**
 * Opens an object store. Reads are pushed by the server, which waits for an answer to its flow control: without the right to
 * publish that, they stop after the first window, and nobody is told. So silence is an error here.
 */
export async function openObjects(
  connection: Connection,
  name: string,
  { stallMs = STALL_MS }: ObjectsOptions,
): Promise<Objects> {
  checkName(name, "object store");
  const link = await connection.link();
  const store = await link.objects(name).catch(failing(`object store ${name}`));
  return guarded(
    {
      ...store,
      async get(object: string) {
        const found = await store.get(object);
        if (!found) return undefined;
        const content = await readAll(found.data, `object ${name}/${object}`, stallMs);
        const problem = await found.done;
        if (problem) throw problem;
        return content;
      },
    },
    `object store ${name}`,
  );
}

async function readAll(data: ReadableStream<Uint8Array>, what: string, stallMs: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  const reader = data.getReader();
  try {
    for (;;) {
      const { done, value } = await inTime(reader.read(), what, stallMs);
      if (done) return Buffer.concat(chunks);
      chunks.push(value);
    }
  } catch (error) {
    // The server would go on pushing to a consumer that nobody reads.
    reader.cancel().catch(() => undefined);
    throw error;
  }
}

async function inTime<T>(work: Promise<T>, what: string, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StalledError(what, ms, "may this user publish on $JS.FC.>?")), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The same methods, whose errors are ours. */
function guarded<T extends object>(store: T, what: string): T {
  const methods = Object.entries(store).map(([name, method]) => [
    name,
    (...given: unknown[]) => (method as (...given: unknown[]) => Promise<unknown>)(...given).catch(failing(what)),
  ]);
  return Object.fromEntries(methods) as T;
}

/** nats.js 2 has the server's number in `api_error`, nats.js 3 in `code`. */
const failing =
  (what: string) =>
  (error: unknown): never => {
    if (error instanceof ClientError) throw error;
    const { api_error, code } = error as { api_error?: { err_code?: number }; code?: unknown };
    const number = api_error?.err_code ?? (typeof code === "number" ? code : undefined);
    throw new StreamError(what, errorMessage(error), number);
  };
