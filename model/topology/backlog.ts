import type { Environment } from "../config";
import { fleetOf } from "./fleet";
import type { BacklogTopology } from "./model";

/** Name of the service as which the program logs in that counts what waits in an account's consumers. */
export const backlogService = (cluster: string, account: string): string => `backlog-${cluster}-${account}`;

/** Port of its health and metrics, wherever it is deployed. */
export const backlogPort = 9090;

/** Consumers by whose waiting messages services of a cluster are scaled. */
export function backlogsOf(env: Environment, cluster: string): BacklogTopology[] {
  return fleetOf(env, cluster).flatMap(({ name: service, scale }) => {
    if (!scale?.backlog) return [];
    const account = env.identity.services[service]?.account ?? "";
    const [stream = "", consumer = ""] = scale.backlog.consumer.split("/");
    const owner = env.streams.find((one) => one.name === stream && one.account === account)?.cluster;
    const domain =
      owner === undefined || owner === cluster ? undefined : (env.clusters[owner]?.jetstream?.domain ?? owner);
    return [
      {
        service,
        account,
        stream,
        consumer,
        // A stream of another cluster is reached by its domain alone.
        api: domain === undefined ? "$JS.API" : `$JS.${domain}.API`,
        perProcess: scale.backlog.perProcess,
      },
    ];
  });
}

/** Accounts in which something is counted for services of a cluster. */
export const backlogAccounts = (backlogs: readonly BacklogTopology[]): string[] => [
  ...new Set(backlogs.map(({ account }) => account)),
];

/** Rights of the programs that count: to ask what waits in the consumers that they were told, and nothing else. */
export function backlogServices(env: Environment) {
  return Object.fromEntries(
    Object.keys(env.clusters).flatMap((cluster) => {
      const backlogs = backlogsOf(env, cluster);
      return backlogAccounts(backlogs).map((account) => {
        const own = backlogs.filter((one) => one.account === account);
        const asked = own.map(({ api, stream, consumer }) => `${api}.CONSUMER.INFO.${stream}.${consumer}`);
        const service = {
          account,
          publish: { allow: [...new Set(asked)], deny: [] },
          subscribe: { allow: [], deny: [] },
          allowResponses: false as const,
        };
        return [backlogService(cluster, account), service];
      });
    }),
  );
}
