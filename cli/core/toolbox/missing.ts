import { UserError } from "../project";
import { findNatsServer } from "../tools";
import { type FoundTool, findTool, neededVersion } from "./find";
import { natsServerTool, type Tool, type ToolName, toolNamed } from "./list";

/** How to get a tool: a command that makes it, or words. */
export function howToGet(tool: Tool): string {
  if (tool.kind === "made") return `natsform tools install ${tool.name}`;
  if (tool.kind === "provider" || !tool.minimum) return tool.get;
  return `${tool.name} ${tool.minimum} or later: ${tool.get}`;
}

/** What is wrong, in one line. */
export function whatIsMissing(tool: Tool, found?: FoundTool): string {
  if (found) return `${tool.name} ${found.found} is too old, ${neededVersion(tool)} is needed`;
  switch (tool.kind) {
    case "made":
      return `${tool.name.split("@")[0]} ${tool.version} is not installed`;
    case "provider":
      return `Terraform's ${tool.name} ${neededVersion(tool)} is not on this machine, and its registry does not answer`;
    default:
      return `${tool.name} is not on PATH`;
  }
}

/** The error of a command that has looked for a tool and not found it. */
export function missingTool(name: ToolName): UserError {
  const tool = toolNamed(name);
  return new UserError(whatIsMissing(tool), howToGet(tool));
}

/** Path of nats-server in this version. @throws UserError that says how to get it */
export function requireNatsServer(version: string): string {
  const found = findNatsServer(version);
  if (found !== undefined) return found;
  const tool = natsServerTool(version);
  throw new UserError(whatIsMissing(tool), howToGet(tool));
}

/**
 * One error with all of these tools that are missing or too old; `undefined` when none is.
 *
 * @param registry says whether Terraform can take providers from their registry
 */
export async function missingTools(
  tools: readonly Tool[],
  registry: () => Promise<boolean>,
): Promise<UserError | undefined> {
  const looked = await Promise.all(tools.map(async (tool) => ({ tool, found: await findTool(tool) })));
  const missing: { tool: Tool; found?: FoundTool }[] = [];
  for (const { tool, found } of looked) {
    if (found?.ok) continue;
    if (tool.kind === "provider" && (await registry())) continue;
    missing.push({ tool, found });
  }
  if (missing.length === 0) return undefined;
  const made = missing.flatMap(({ tool }) => (tool.kind === "made" ? [tool.name] : []));
  const others = missing.flatMap(({ tool }) => (tool.kind === "made" ? [] : [howToGet(tool)]));
  return new UserError(
    missing.map(({ tool, found }) => whatIsMissing(tool, found)).join("; "),
    [...new Set(others), ...(made.length > 0 ? [`natsform tools install ${made.join(" ")}`] : [])].join("; "),
  );
}
