import { formatValue, type Problem, Shown } from "../problem";
import type { Environment } from "../schema";

/** A file that is to be evaluated, and the name of the environment that it should export. */
export interface EnvironmentFile {
  name: string;
  path: string;
}

/** Result of a file, as it goes from process to process: the environment, or all of its problems. */
export interface Evaluated {
  environment?: Environment;
  problems: HandedOn[];
}

/** The first message announces that files begin to be evaluated; then comes one for each, in their order. */
export type Message = "begins" | Evaluated;

/**
 * A problem as data. A value of a file may not be plain data, or refer to itself: it is then already formatted as text.
 */
export type HandedOn = Problem & { shown?: { text: string; data: unknown } };

export function handedOn(problem: Problem): HandedOn {
  if (!("got" in problem)) return problem;
  const { got, ...rest } = problem;
  if (got === null || ["string", "number", "boolean", "undefined"].includes(typeof got)) return problem;
  const text = formatValue(got);
  return { ...rest, shown: { text, data: asData(got) ?? text } };
}

export const received = ({ shown, ...problem }: HandedOn): Problem =>
  shown ? { ...problem, got: new Shown(shown.text, shown.data) } : problem;

function asData(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value));
  } catch {
    return undefined;
  }
}
