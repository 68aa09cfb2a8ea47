import { existsSync, statSync } from "node:fs";
import { basename, dirname, relative, resolve } from "node:path";
import { ConfigError, type Environment, type Trust } from "../../model/config";
import { findTrust, listEnvironments, loadEnvironment, trustFile } from "../../model/config/load";
import { withRevision } from "./checkout-at";
import { UserError } from "./project";

/** An environment as it is elsewhere: at a revision, in another file, or under another name. */
export interface EarlierEnvironment {
  /** Absent: there was none. */
  environment?: Environment;
  trust?: Trust;
}

/**
 * Finds what an environment is compared with: a file, another environment of the project, or a revision of git, in this order.
 *
 * @throws ConfigError, UserError when it cannot be read
 */
export async function earlierEnvironment(name: string, from: string, root: string): Promise<EarlierEnvironment> {
  if (/\.ts$/.test(from) && existsSync(from) && statSync(from).isFile()) return fromFile(name, resolve(from));
  if (from !== name && listEnvironments(root).includes(from)) return named(name, await read(from, root));
  return withRevision(root, from, async (then) => {
    if (!listEnvironments(then).includes(name)) return {};
    try {
      return await read(name, then);
    } catch (error) {
      throw error instanceof ConfigError ? new ConfigError(`${error.file} at ${from}`, error.problems) : error;
    }
  });
}

async function read(name: string, root: string): Promise<EarlierEnvironment> {
  const environment = await loadEnvironment(name, root);
  return { environment, trust: findTrust(trustFile(name, root), root).trust };
}

/** A file in a folder `environments/` of its own, as every environment is. */
async function fromFile(name: string, file: string): Promise<EarlierEnvironment> {
  const folder = dirname(file);
  if (basename(folder) !== "environments") {
    throw new UserError(
      `${relative(process.cwd(), file)} does not lie in a folder environments/`,
      "an environment file and what it imports belong there",
    );
  }
  return named(name, await read(basename(file, ".ts"), dirname(folder)));
}

/** Compared as if it had the name: names of servers and resources follow from it. */
const named = (name: string, { environment, trust }: EarlierEnvironment): EarlierEnvironment => ({
  environment: environment && { ...environment, name },
  trust: trust && { ...trust, environment: name },
});
