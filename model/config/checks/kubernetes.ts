import type { Problem } from "../problem";
import { accountsOf, type Check, clustersOf, type Dict, dict, list, text, unknownName } from "./raw";

const onKubernetes = (env: Dict) =>
  clustersOf(env)
    .map(([name, cluster]) => ({ name, cluster, platform: dict(cluster.platform) }))
    .filter(({ platform }) => platform.kind === "kubernetes");

/** An Ingress serves one name, and the servers behind it. */
export const ingresses: Check = (env) =>
  onKubernetes(env).flatMap(({ name, cluster, platform }): Problem[] => {
    if (platform.ingress === undefined) return [];
    const problems: Problem[] = [];
    if (platform.domain === undefined) {
      const message = "is required by ingress, which serves nats.<domain>";
      const fix = "for example prod.example.com";
      problems.push({ path: ["clusters", name, "platform", "domain"], got: undefined, message, fix });
    }
    if (cluster.websocket === undefined) {
      const message = "is required by ingress, which lets browsers in";
      const fix = 'for example { allowedOrigins: ["https://app.example.com"] }';
      problems.push({ path: ["clusters", name, "websocket"], got: undefined, message, fix });
    }
    return problems;
  });

/** Settings that show metrics to somebody. */
const shows = (monitoring: Dict): string[] => {
  const desired: [string, boolean][] = [
    ["monitor", monitoring.monitor === "pod" || monitoring.monitor === "service"],
    ["rules", monitoring.rules === true],
    ["dashboard", monitoring.dashboard !== undefined],
  ];
  return desired.filter(([, is]) => is).map(([key]) => key);
};

/** A monitor and a dashboard need the exporter. */
export const watchedExporters: Check = (env) =>
  onKubernetes(env).flatMap(({ name, platform }) => {
    const monitoring = dict(platform.monitoring);
    if (monitoring.exporter !== false) return [];
    return shows(monitoring).map((key) => ({
      path: ["clusters", name, "platform", "monitoring", key],
      got: monitoring[key],
      message: "has nothing to show without the exporter",
      fix: "leave exporter out, or this",
    }));
  });

/** Whoever asks for metrics says who reads them: nobody else gets through the network policies. */
export const metricsReaders: Check = (env) =>
  onKubernetes(env).flatMap(({ name, platform }): Problem[] => {
    const monitoring = dict(platform.monitoring);
    const wanted = [...(monitoring.exporter === true ? ["exporter"] : []), ...shows(monitoring)];
    if (wanted.length === 0 || (monitoring.from !== undefined && list(monitoring.from).length !== 0)) return [];
    const path = ["clusters", name, "platform", "monitoring", "from"];
    const message = `names nobody who may read what ${wanted.join(", ")} show`;
    const fix = 'for example [{ namespace: "monitoring", pods: { "app.kubernetes.io/name": "prometheus" } }]';
    return [{ path, got: monitoring.from, message, fix }];
  });

/** Users of nats-box are those that people may be: what programs log in with stays theirs. */
export const natsBoxUsers: Check = (env) => {
  const accounts = accountsOf(env);
  if (accounts === undefined) return [];
  const isOff = (account: string) => dict(dict(dict(env.accounts)[account]).jetstream).enabled === false;
  const withJetStream = accounts.filter((account) => !isOff(account));
  const backedUp = clustersOf(env).some(([, cluster]) => cluster.backup !== undefined);
  const known = [
    ...["sys", "observer"],
    ...withJetStream.map((account) => `streams-${account}`),
    ...(backedUp ? withJetStream : []).map((account) => `backup-${account}`),
  ];
  return onKubernetes(env).flatMap(({ name, platform }) =>
    list(dict(platform.natsBox).users).flatMap((user, i) => {
      const path = ["clusters", name, "platform", "natsBox", "users", i];
      return text(user) === undefined || known.includes(String(user))
        ? []
        : [{ ...unknownName(path, String(user), "user", known), message: "is no user that nats-box may be" }];
    }),
  );
};
