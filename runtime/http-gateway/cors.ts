/** Which pages may read answers: exact origins, and `null` never. */

/** Headers of the gateway's own that pages may read. */
const EXPOSED = ["retry-after", "idempotency-replayed"];
/** Headers of the gateway's own that pages may send. */
const OWN = ["authorization", "content-type", "idempotency-key", "last-event-id"];

type Headers = Record<string, string>;

/** Headers of an answer to a page; without the origin's own where it may not read. */
export function corsHeaders(
  origins: readonly string[],
  origin: string | undefined,
  exposed: readonly string[],
): Headers {
  if (origins.length === 0) return {};
  if (origin === undefined || !origins.includes(origin)) return { vary: "Origin" };
  return {
    vary: "Origin",
    "access-control-allow-origin": origin,
    "access-control-expose-headers": [...EXPOSED, ...exposed].join(", "),
  };
}

/** Headers of the answer to a preflight, beside those of every answer. */
export const preflightHeaders = (methods: readonly string[], requestHeaders: readonly string[]): Headers => ({
  "access-control-allow-methods": methods.join(", "),
  "access-control-allow-headers": [...OWN, ...requestHeaders].join(", "),
  "access-control-max-age": "7200",
});
