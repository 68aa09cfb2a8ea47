import { request as http } from "node:http";
import { type Agent, request as https } from "node:https";

/** A problem document of an ACME server (RFC 7807). */
export class AcmeProblem extends Error {
  override readonly name = "AcmeProblem";
  constructor(
    readonly status: number,
    /** Last part of the problem's type: `rateLimited`, `unauthorized`. */
    readonly type: string,
    detail: string,
    /** Milliseconds that the server asks to wait. */
    readonly retryAfterMs?: number,
  ) {
    super(`${type}: ${detail}`);
  }
}

/** Fields of a request of axios that are used. */
interface RequestConfig {
  url?: string;
  method?: string;
  data?: string;
  headers: { toJSON(): object };
  httpsAgent?: Agent;
}

const timeoutMs = 20_000;
const pausesMs = [500, 2000];

interface Response {
  status: number;
  statusText: string;
  headers: Record<string, string | string[] | undefined>;
  data: string;
}

/**
 * Adapter that axios sends the requests of acme-client with. The client's own adapter repeats a request for up to
 * minutes, sleeps for as long as a server asks, and loses the reason when a server cannot be reached.
 */
export async function adapter(config: RequestConfig): Promise<Response & { config: typeof config }> {
  for (let attempt = 0; ; attempt++) {
    const result = await send(config).catch((error: NodeJS.ErrnoException) => error);
    const pauseMs = pausesMs[attempt];
    const isTransient = result instanceof Error || [500, 502, 503, 504].includes(result.status);
    if (isTransient && pauseMs !== undefined) {
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      continue;
    }
    if (result instanceof Error) {
      const { host } = new URL(config.url ?? "");
      throw new Error(`the ACME server ${host} cannot be reached: ${result.code ?? result.message}`);
    }
    if (result.status >= 400) throwProblem(result);
    return { ...result, config };
  }
}

function send({ url = "", method = "get", data, headers, httpsAgent }: RequestConfig): Promise<Response> {
  const target = new URL(url);
  return new Promise((resolve, reject) => {
    const options = {
      method: method.toUpperCase(),
      headers: headers.toJSON() as Record<string, string>,
      timeout: timeoutMs,
    };
    const call = target.protocol === "http:" ? http(target, options) : https(target, { ...options, agent: httpsAgent });
    call.on("response", (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
      response.on("error", reject).on("end", () => {
        const { statusCode = 0, statusMessage = "" } = response;
        resolve({ status: statusCode, statusText: statusMessage, headers: response.headers, data: text });
      });
    });
    call.on("timeout", () => call.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })));
    call.on("error", reject).end(data);
  });
}

/** A nonce that was refused is let through: acme-client tries again with another one. */
function throwProblem({ status, headers, data }: Response): void {
  const problem = parse(data);
  const type = problem.type?.replace(/^urn:ietf:params:acme:error:/, "") ?? `HTTP ${status}`;
  if (type === "badNonce") return;
  throw new AcmeProblem(status, type, problem.detail ?? "no reason given", retryAfterMs(headers["retry-after"]));
}

function parse(text: string): { type?: string; detail?: string } {
  try {
    const { type, detail } = JSON.parse(text);
    return {
      type: typeof type === "string" ? type : undefined,
      detail: typeof detail === "string" ? detail : undefined,
    };
  } catch {
    return {};
  }
}

/** Seconds, or an instant. */
export function retryAfterMs(header: unknown): number | undefined {
  if (typeof header !== "string") return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
