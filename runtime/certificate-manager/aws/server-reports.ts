import type { AwsJson } from "../../common/aws-json";
import { type Runs, runsMessage, runsRepeatMs } from "../../common/server-report";
import type { Servers } from "../ports";

interface Page {
  events?: { timestamp?: number; message?: string }[];
  nextToken?: string;
}

/** An agent writes its line at the end of a poll. */
const slackMs = 15 * 60_000;

/**
 * Reads what agents say of their servers in the logs of their tasks, where `deploy` reads it as well: nothing of AWS
 * reaches a server's monitoring port.
 *
 * @param groups log group of each server
 */
export function awsServers(logs: AwsJson, groups: Readonly<Record<string, string>>, now: () => Date): Servers {
  const newest = async (logGroupName: string): Promise<Runs | undefined> => {
    const said: { at: number; runs: Runs }[] = [];
    const startTime = now().getTime() - runsRepeatMs - slackMs;
    let nextToken: string | undefined;
    do {
      const filterPattern = `"${runsMessage}"`;
      const page: Page = await logs("FilterLogEvents", { logGroupName, filterPattern, startTime, nextToken });
      for (const { timestamp: at = 0, message = "" } of page.events ?? []) {
        const runs = runsIn(message);
        if (runs) said.push({ at, runs });
      }
      nextToken = page.nextToken;
    } while (nextToken);
    return said.sort((a, b) => a.at - b.at).at(-1)?.runs;
  };
  return {
    reports: async () =>
      new Map(
        await Promise.all(
          Object.entries(groups).map(async ([server, group]) => [server, await newest(group)] as const),
        ),
      ),
  };
}

/** Undefined for a line that only quotes the words. */
function runsIn(line: string): Runs | undefined {
  try {
    const { msg, runs } = JSON.parse(line) as { msg?: string; runs?: Runs };
    return msg === runsMessage ? runs : undefined;
  } catch {
    return undefined;
  }
}
