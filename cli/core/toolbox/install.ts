import { availableParallelism } from "node:os";
import { findTool } from "./find";
import { type MadeTool, type Tool, toolNamed, type Way } from "./list";
import { CannotMake, makeTool } from "./make";
import { howToGet, whatIsMissing } from "./missing";

/** What became of one tool. */
export interface Outcome {
  tool: Tool;
  /** Where it lies, if it is there. */
  path?: string;
  /** How long it took to make; `undefined` when it was there. */
  seconds?: number;
  failure?: { reason: string; fix: string };
}

/** Told when the making of a tool begins and ends. */
export interface Watcher {
  begins?(tool: MadeTool): void;
  ends?(outcome: Outcome): void;
}

/**
 * Makes what is not there, side by side. One that fails keeps no other back.
 *
 * @param signal ends what is being made
 */
export async function installTools(
  tools: readonly Tool[],
  signal: AbortSignal,
  watcher: Watcher = {},
): Promise<Outcome[]> {
  const lanes = { go: new Lane(), python3: new Lane() };
  const makers = { go: findMaker("go"), python3: findMaker("python3") };
  return Promise.all(
    tools.map(async (tool): Promise<Outcome> => {
      const found = await findTool(tool);
      if (found?.ok) return { tool, path: found.path };
      if (tool.kind !== "made") {
        const reason = `${whatIsMissing(tool, found)}, and natsform does not install it`;
        return { tool, failure: { reason, fix: howToGet(tool) } };
      }
      const maker = await makers[makerOf[tool.way.by]];
      if ("reason" in maker) return { tool, failure: maker };
      return lanes[maker.name].run(() => made(tool, maker.path, signal, watcher));
    }),
  );
}

async function made(tool: MadeTool, maker: string, signal: AbortSignal, watcher: Watcher): Promise<Outcome> {
  const start = performance.now();
  const outcome: Outcome = { tool };
  if (!signal.aborted) watcher.begins?.(tool);
  try {
    outcome.path = await makeTool(tool, maker, signal);
  } catch (error) {
    if (!(error instanceof CannotMake)) throw error;
    outcome.failure = { reason: error.reason, fix: error.fix };
  }
  outcome.seconds = (performance.now() - start) / 1000;
  watcher.ends?.(outcome);
  return outcome;
}

/** What a tool is made with, if that is here. */
async function findMaker(name: Maker): Promise<{ name: Maker; path: string } | { reason: string; fix: string }> {
  const tool = toolNamed(name);
  const found = await findTool(tool);
  // An older Go takes the toolchain that a module asks for by itself, where it may.
  if (found?.path && (found.ok || name === "go")) return { name, path: found.path };
  return { reason: whatIsMissing(tool, found), fix: howToGet(tool) };
}

type Maker = "go" | "python3";
const makerOf: Record<Way["by"], Maker> = { go: "go", "go-version": "go", "go-files": "go", python: "python3" };

/** Go uses every core by itself, and two builds at once compile the same packages twice; pip uses one core. */
const width = Math.max(1, Math.floor(availableParallelism() / 2));

/** Work that waits until fewer than `width` of the same kind are under way, in the order in which it came. */
class Lane {
  #free = width;
  readonly #waiting: (() => void)[] = [];

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
