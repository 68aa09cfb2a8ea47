import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { privateFile, readIfThere, writeFileAtomically } from "../../artifacts/files";
import { storedName } from "../../model/topology";
import { serviceInboxPrefix } from "../../runtime/client";
import { UserError } from "../core/project";
import { credsFile } from "./connect";
import { clientUrls, loadTwinTrust, type Twin } from "./context";

/** Folder of the nats CLI's contexts. */
const contextFolder = () => join(process.env.XDG_CONFIG_HOME ?? join(homedir(), ".config"), "nats", "context");

const contents = z.strictObject({
  url: z.string(),
  ca: z.string(),
  description: z.string(),
  creds: z.string().optional(),
  nkey: z.string().optional(),
  inbox_prefix: z.string().optional(),
});
type Contents = z.output<typeof contents>;

export interface ContextOptions {
  folder?: string;
  /** Also where something else has the name. */
  replace?: boolean;
}

/**
 * Writes contexts of the nats CLI, one for each cluster and each login that does not expire: the operators' and the
 * services'. They name key files, never keys.
 *
 * @returns paths written
 * @throws UserError when a name is taken by what natsform did not write for this twin: a context may be the only place
 * where somebody has an address or a login. Nothing is written then.
 */
export function writeContexts(
  twin: Twin,
  root: string,
  { folder = contextFolder(), replace = false }: ContextOptions = {},
): string[] {
  const files = twinContexts(twin, root).map(([name, content]) => ({ path: join(folder, `${name}.json`), content }));
  const taken = files.filter(({ path, content }) => !mayBeReplaced(readIfThere(path), content));
  if (taken.length > 0 && !replace)
    throw new UserError(
      taken.map(({ path }) => `${path} is a context that natsform did not write for this twin`).join("\n"),
      "--replace writes over it, --folder FOLDER writes elsewhere; nats context copy OLD NEW keeps it under another name",
    );
  for (const { path, content } of files)
    writeFileAtomically(path, `${JSON.stringify(content, null, 2)}\n`, privateFile);
  return files.map(({ path }) => path);
}

/** What natsform wrote for this twin, or for one that is gone. What somebody added is seen, for the file is read strictly. */
function mayBeReplaced(text: string | undefined, { ca, description }: Contents): boolean {
  if (text === undefined) return true;
  const found = asContents(text);
  return found?.description === description && (found.ca === ca || !existsSync(found.ca));
}

function asContents(text: string): Contents | undefined {
  try {
    return contents.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Each context's name and content. */
function twinContexts(twin: Twin, root: string): [name: string, Contents][] {
  const { environment, identity, clusters } = twin.topology;
  const trust = loadTwinTrust(twin, root);
  const operator = identity.mode === "operator";
  return clusters.flatMap((cluster) => {
    const base = { url: clientUrls(twin, cluster).join(","), ca: twin.folder.caBundle };
    const context = (name: string, content: Omit<Contents, "url" | "ca">): [string, Contents] => [
      `${environment}-${cluster.name}-${name}`,
      { ...base, ...content },
    ];
    const key = (name: string) => join(twin.folder.keys, `${storedName(trust, cluster.name, `user-${name}`)}.key`);
    const sys = operator ? { creds: credsFile(twin, trust, cluster, "sys") } : { nkey: key("sys") };
    return [
      context("sys", { description: `${environment}: system account of ${cluster.name}`, ...sys }),
      ...Object.keys(identity.services).map((service) =>
        context(service, {
          description: `${environment}: service ${service} on ${cluster.name}`,
          nkey: key(`service-${service}`),
          inbox_prefix: serviceInboxPrefix(trust.users[`service-${service}`] ?? ""),
        }),
      ),
    ];
  });
}
