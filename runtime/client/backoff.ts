/** First pause between two attempts at one server; nats.js's 2 s plus 1 s are long when other services wait. */
const FIRST_MS = 500;
/** Longer pauses would only make clients late: by then attempts are few enough. */
const LONGEST_MS = 15_000;

/**
 * Milliseconds until the next attempt to reconnect to one server. It doubles with every round over all servers, and half
 * of it is left to chance: clients that lost a server together must not come back together, or a busy one admits none.
 *
 * @param attempts that failed since the connection was lost, over all servers
 * @param random 0 to 1
 */
export function reconnectDelay(attempts: number, servers: number, random: number): number {
  const round = Math.floor(attempts / Math.max(1, servers));
  const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(round, 16));
  return Math.round(longest / 2 + (longest / 2) * random);
}
