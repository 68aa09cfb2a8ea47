import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { readIfThere, writeFileAtomically } from "../../artifacts/files";
import type { Topology } from "../../model/topology";
import { runningProcess } from "../core/processes";
import { UserError } from "../core/project";
import type { TwinFolder } from "../core/twin-folder";

interface TwinParts {
  folder: TwinFolder;
  topology: Topology;
}

/** Version of the folder's layout; raised when older folders cannot be used. */
const layout = 1;

const Description = z.object({ layout: z.int(), environment: z.string() });

const layoutPath = (folder: TwinFolder) => join(folder.root, "layout.json");
const layoutText = (environment: string) => `${JSON.stringify({ layout, environment })}\n`;

/**
 * Refuses a twin folder that this version cannot use, before anything is changed. One whose description is gone or damaged
 * is used: `up` writes it again, and streams are worth more than it.
 *
 * @throws UserError with the fix
 */
export function checkLayout(folder: TwinFolder, environment: string): void {
  if (existsSync(folder.root) && !statSync(folder.root).isDirectory())
    throw new UserError(`${folder.root} is not a folder`, "move it away");
  const found = describedLayout(readIfThere(layoutPath(folder)));
  if (found === undefined || found === layoutText(environment)) return;
  throw new UserError(
    `${folder.root} was left by another version of natsform, or is of another environment: ${found.trim()}`,
    `use that version; or, where the twin's streams may go, natsform down ${environment} --wipe and up again`,
  );
}

/** The description as it would be written; `undefined` when there is none that can be read. */
function describedLayout(text = ""): string | undefined {
  try {
    const { layout, environment } = Description.parse(JSON.parse(text));
    return `${JSON.stringify({ layout, environment })}\n`;
  } catch {
    return undefined;
  }
}

export function writeLayout({ folder, topology }: TwinParts): void {
  writeFileAtomically(layoutPath(folder), layoutText(topology.environment));
}

/** Servers that an earlier run left running and that the topology no longer has. */
export function leftoverServers(twin: TwinParts): string[] {
  const folder = join(twin.folder.root, "servers");
  if (!existsSync(folder)) return [];
  const known = new Set(twin.topology.clusters.flatMap(({ servers }) => servers.map(({ name }) => name)));
  return readdirSync(folder).filter((name) => !known.has(name) && runningProcess(twin.folder.server(name)));
}
