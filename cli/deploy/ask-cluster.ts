import type { NatsConnection } from "@nats-io/transport-node";
import { type ClusterTopology, streamsInbox, type Topology } from "../../model/topology";
import { NotConnectedError } from "../../runtime/client";
import { Healthz, Jsz, Routez, Varz } from "../../runtime/client/monitoring";
import type { ServerReports } from "../../runtime/roll/reports";
import { type Answers, askServers } from "../core/ask-servers";
import { UserError } from "../core/project";
import type { Connect } from "./logins";
import type { DeployTarget } from "./target";

/** Opens connections to the servers of one cluster while `use` runs. */
export type Within = <T>(use: (connect: Connect) => Promise<T>) => Promise<T>;

/** Accounts that may have streams in a cluster. */
export const accountsWithStreams = ({ identity }: Topology, { jetstream }: ClusterTopology): string[] =>
  identity.accounts.flatMap((account) => (jetstream && account.jetstream ? [account.name] : []));

/** Work in each of these accounts, as the user of its streams; one that no server knows yet is left out. */
export async function inAccounts<T>(
  target: DeployTarget,
  accounts: readonly string[],
  within: Within,
  work: (account: string, nc: NatsConnection) => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  for (const account of accounts)
    results.push(
      ...(await within(async (connect) => {
        const nc = await known(() => connect(`streams-${account}`, streamsInbox).then((one) => one.connection()));
        if (nc) return [await work(account, nc)];
        await refuseHeld(target, account, await sysOf(connect));
        return [];
      })),
    );
  return results;
}

export const sysOf = async (connect: Connect): Promise<NatsConnection> => (await connect("sys")).connection();

/** Undefined where servers refuse the login: they do not know it yet. */
export async function known<T>(login: () => Promise<T>): Promise<T | undefined> {
  try {
    return await login();
  } catch (error) {
    if (error instanceof NotConnectedError && error.refused) return undefined;
    throw error;
  }
}

/** An account that servers do not know yet has no streams. One that has some, and is closed to natsform, stops what is done. */
async function refuseHeld({ trust }: DeployTarget, account: string, sys: NatsConnection): Promise<void> {
  const names = [account, trust.accounts[account]?.publicKey];
  for (const id of names.filter((one) => one !== undefined)) {
    for (const [holder, { account_details: details }] of await streamsOf(sys, id))
      if (details?.some(({ stream_detail: streams }) => (streams ?? []).length > 0))
        throw new UserError(
          `${holder} holds streams of ${account}, and refuses the login of streams-${account}: they cannot be compared`,
        );
  }
}

/** What servers say of themselves, by name; nothing of those that do not answer. */
export async function reportsOf(sys: NatsConnection, expected: readonly string[]): Promise<Map<string, ServerReports>> {
  const [healthz, routez, varz, jsz] = await Promise.all([
    askServers(sys, "HEALTHZ", Healthz, { expected }),
    askServers(sys, "ROUTEZ", Routez, { expected }),
    askServers(sys, "VARZ", Varz, { expected }),
    askServers(sys, "JSZ", Jsz, { expected }),
  ]);
  return new Map(
    expected.map((one) => [
      one,
      { healthz: healthz.get(one), routez: routez.get(one), varz: varz.get(one), jsz: jsz.get(one) },
    ]),
  );
}

/** Streams of one account, by server. */
export const streamsOf = (sys: NatsConnection, account: string): Promise<Answers<Jsz>> =>
  askServers(sys, "JSZ", Jsz, { options: { account, accounts: true, streams: true } });
