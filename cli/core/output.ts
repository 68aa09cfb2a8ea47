import { Listr, type ListrTask } from "listr2";

/** A table in plain text: columns as wide as their widest cell, no lines. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export const print = (text: string) => void process.stdout.write(`${text}\n`);
export const printJson = (value: unknown) => print(JSON.stringify(value, null, 2));

/**
 * Runs steps as a moving list on a terminal and as plain lines elsewhere. Stops at the first that fails.
 *
 * @param quiet shows nothing: the output is for a program
 */
export async function runTasks<State>(tasks: ListrTask<State>[], quiet = false): Promise<void> {
  await new Listr<State, "default", "verbose">(tasks as never, {
    renderer: "default",
    silentRendererCondition: quiet,
    fallbackRenderer: "verbose",
    // The error is thrown as well, and printed by the command's own handler.
    rendererOptions: { showErrorMessage: false },
    exitOnError: true,
  }).run({} as State);
}

export type Progress = (text: string) => void;
export interface Step {
  title: string;
  work(progress: Progress): Promise<void>;
}
