import { homedir } from "node:os";
import { join } from "node:path";
import { privateFile, writeFileAtomically } from "../../artifacts/files";
import { storedName } from "../../model/topology";
import { serviceInboxPrefix } from "../../runtime/client";
import { credsFile } from "./connect";
import { clientUrls, loadTwinTrust, type Twin } from "./context";

/** Folder of the nats CLI's contexts. */
const contextFolder = () => join(process.env.XDG_CONFIG_HOME ?? join(homedir(), ".config"), "nats", "context");

/**
 * Contexts of the nats CLI, one for each cluster and each login that does not expire: the operators' and the services'.
 * They name key files, never keys.
 *
 * @returns paths written
 */
export function writeContexts(twin: Twin, root: string, folder = contextFolder()): string[] {
  const { environment, identity, clusters } = twin.topology;
  const trust = loadTwinTrust(twin, root);
  const operator = identity.mode === "operator";
  return clusters.flatMap((cluster) => {
    const base = { url: clientUrls(twin, cluster).join(","), ca: twin.folder.caBundle };
    const write = (name: string, content: Record<string, string>): string => {
      const path = join(folder, `${environment}-${cluster.name}-${name}.json`);
      writeFileAtomically(path, `${JSON.stringify({ ...base, ...content }, null, 2)}\n`, privateFile);
      return path;
    };
    const key = (name: string) => join(twin.folder.keys, `${storedName(trust, cluster.name, `user-${name}`)}.key`);
    const sys: Record<string, string> = operator
      ? { creds: credsFile(twin, trust, cluster, "sys") }
      : { nkey: key("sys") };
    return [
      write("sys", { description: `${environment}: system account of ${cluster.name}`, ...sys }),
      ...Object.keys(identity.services).map((service) =>
        write(service, {
          description: `${environment}: service ${service} on ${cluster.name}`,
          nkey: key(`service-${service}`),
          inbox_prefix: serviceInboxPrefix(trust.users[`service-${service}`] ?? ""),
        }),
      ),
    ];
  });
}
