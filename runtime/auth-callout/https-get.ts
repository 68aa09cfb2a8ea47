import { get as httpGet, type IncomingMessage } from "node:http";
import { get as httpsGet } from "node:https";

/** Bounds of one download. */
export interface GetOptions {
  /** Time for the whole exchange, name resolution included. */
  timeoutMs: number;
  maxBytes: number;
  /** CA certificates to trust instead of Node's. */
  ca?: string;
}

/** Problem of an address whose content must not be tampered with in transit; undefined when there is none. */
export function addressProblem(address: string): string | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url) return "is no URL";
  const isLoopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol === "https:" || (url.protocol === "http:" && isLoopback)) return undefined;
  return "must begin with https:// (http:// is for loopback addresses only)";
}

/** Downloads one small document. Redirects are not followed. Rejects for any status but 200 and beyond every bound. */
export async function getText(address: string, { timeoutMs, maxBytes, ca }: GetOptions): Promise<string> {
  const problem = addressProblem(address);
  if (problem !== undefined) throw new Error(`${address} ${problem}`);
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await open(address, signal, ca);
    if (response.statusCode !== 200) throw new Error(`HTTP status ${response.statusCode}`);
    const chunks: Buffer[] = [];
    let bytes = 0;
    // Leaving the loop early destroys the connection.
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new Error(`more than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString("utf8");
  } catch (error) {
    throw signal.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error;
  }
}

function open(address: string, signal: AbortSignal, ca: string | undefined): Promise<IncomingMessage> {
  const get = address.startsWith("https:") ? httpsGet : httpGet;
  // Without keep-alive: one connection in minutes, and none that outlives a change of the address behind the name.
  const options = { signal, agent: false, headers: { accept: "application/json" }, ...(ca !== undefined && { ca }) };
  return new Promise((resolve, reject) => get(address, options, resolve).on("error", reject));
}
