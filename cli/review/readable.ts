import { existsSync, readdirSync, realpathSync } from "node:fs";
import { basename, join, relative, sep } from "node:path";
import { UserError } from "../core/project";

/**
 * What environment files may read: what the project holds, and packages. Neither what natsform keeps there, keys among it,
 * nor the repository's own data, nor anything else that is hidden.
 *
 * @param top folder of the repository
 * @param root the project as it is checked out, whose packages are used
 * @param project the project at a revision
 * @throws UserError with links in the project that lead elsewhere: what reads would follow them
 */
export function readable(top: string, root: string, project: string): string[] {
  const entries = readdirSync(project, { withFileTypes: true }).filter(
    ({ name }) => !name.startsWith(".") && name !== "node_modules",
  );
  const own = entries.filter((entry) => !entry.isSymbolicLink()).map(({ name }) => join(project, name));
  const packages = [...new Set([project, root, top])].map((folder) => join(folder, "node_modules")).filter(isPackages);
  const allowed = [...own, ...packages].map((path) => realpathSync(path));
  const isAllowed = (path: string) => allowed.some((one) => path === one || path.startsWith(`${one}${sep}`));
  const links = [
    ...entries.filter((entry) => entry.isSymbolicLink()).map(({ name }) => join(project, name)),
    ...own.flatMap(linksIn),
  ];
  const leading = links.filter((link) => existsSync(link) && !isAllowed(realpathSync(link)));
  if (leading.length > 0)
    throw new UserError(
      `links lead out of what environment files may read: ${leading.map((link) => relative(project, link)).join(", ")}`,
      "leave them out of the project, or let them lead to what it holds",
    );
  return [...own, ...packages];
}

/** A link may be called so and lead anywhere: to the whole machine, for example. */
const isPackages = (path: string): boolean => existsSync(path) && basename(realpathSync(path)) === "node_modules";

/** Links at any depth; packages of packages are not looked at. */
function linksIn(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) => {
      const inner = join(path, entry.name);
      if (entry.isSymbolicLink()) return [inner];
      return entry.isDirectory() && entry.name !== "node_modules" ? linksIn(inner) : [];
    });
  } catch {
    // A file.
    return [];
  }
}
