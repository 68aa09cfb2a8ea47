import { Session } from "node:inspector/promises";
import { ownPath } from "./callout";

const rounds = 4;
const shown = 12;

/** Share of each function in the time of an authorization, by V8's own profile of many in a row. */
export async function benchProfile(): Promise<void> {
  const { requests, own } = await ownPath();
  for (const message of requests.messages) await own(message);
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.start");
  for (let round = 0; round < rounds; round++) for (const message of requests.messages) await own(message);
  const { profile } = await session.post("Profiler.stop");
  session.disconnect();

  const places = new Map(
    profile.nodes.map(({ id, callFrame: { functionName, url } }) => [
      id,
      `${functionName} ${url.split("/").slice(-2).join("/")}`,
    ]),
  );
  const spent = new Map<string, number>();
  let total = 0;
  for (const [i, id] of (profile.samples ?? []).entries()) {
    const microseconds = profile.timeDeltas?.[i] ?? 0;
    const place = places.get(id) ?? "?";
    spent.set(place, (spent.get(place) ?? 0) + microseconds);
    total += microseconds;
  }
  const rows = [...spent].sort(([, a], [, b]) => b - a).slice(0, shown);
  process.stdout.write(`profile: share of the time of ${rounds * requests.messages.length} authorizations in a row
${rows.map(([place, microseconds]) => `  ${((100 * microseconds) / total).toFixed(1).padStart(5)} %  ${place}`).join("\n")}
`);
}
