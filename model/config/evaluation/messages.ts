import type { Problem } from "../problem";
import type { Strange } from "./strange-values";

/** An environment file that is to be run, as JavaScript. */
export interface RunnableFile {
  path: string;
  code: string;
}

/** Result of a file, as it goes from process to process: its default export, or all of its problems. */
export type Ran = { problems?: undefined; value: unknown; strange: Strange[] } | { problems: Problem[] };

/** The first message announces that files begin to be run; then comes one for each, in their order. */
export type Message = "begins" | Ran;
