import { supportedVersions, versionRefusal } from "../advisories";
import type { Problem } from "../problem";
import { compareVersions, knowsKey } from "../server-keys";
import { defaultRelease } from "../server-releases";
import { type Check, clustersOf, type Dict, dict } from "./raw";

/** The pinned version; `undefined` when the value is none. */
function versionOf(env: Dict): string | undefined {
  const { version = defaultRelease } = dict(env.nats);
  return typeof version === "string" && /^2\.\d{1,2}\.\d{1,3}$/.test(version) ? version : undefined;
}

export const versions: Check = (env) => {
  const version = versionOf(env);
  if (version === undefined) return [];
  const path = ["nats", "version"];
  if (
    compareVersions(version, supportedVersions.oldest) < 0 ||
    compareVersions(version, supportedVersions.newest) > 0
  ) {
    return [{ path, got: version, message: "is outside of what natsform describes, 2.10 to 2.15" }];
  }
  const refusal = versionRefusal(version);
  return refusal
    ? [
        {
          path,
          got: version,
          message: `has published vulnerabilities: ${refusal.why}`,
          fix: `use ${refusal.floor} or later`,
        },
      ]
    : [];
};

/** Keys of this model that set a key of the server which not every version knows. */
const gatedSettings: readonly { path: readonly string[]; key: string }[] = [
  { path: ["nats", "metadata"], key: "server_metadata" },
  { path: ["nats", "featureFlags"], key: "feature_flags" },
  { path: ["nats", "proxyProtocol"], key: "proxy_protocol" },
  { path: ["jetstream", "maxConcurrentIo"], key: "jetstream.max_concurrent_io" },
];

export const gates: Check = (env) => {
  const version = versionOf(env);
  if (version === undefined) return [];
  const refuse = (path: readonly string[], got: unknown, key: string): Problem[] =>
    got === undefined || knowsKey(version, key)
      ? []
      : [
          {
            path,
            got,
            message: `nats-server ${version} does not know ${key} and would not start`,
            fix: "remove it, or pin a newer version",
          },
        ];
  return gatedSettings.flatMap(({ path, key }) => {
    const [head, last] = path as [string, string];
    if (head === "nats") return refuse(path, dict(env.nats)[last], key);
    return clustersOf(env).flatMap(([name, cluster]) =>
      refuse(["clusters", name, ...path], dict(cluster[head])[last], key),
    );
  });
};
