import type { Host } from "./host";
import { UserError } from "./project";

export type Progress = (text: string) => void;

/** One step of longer work. `State` is what the steps of one work share. */
export interface Step<State = void> {
  title: string;
  /** False leaves the step out. @default true */
  enabled?: boolean;
  /** @returns what was done, where that says more than the title */
  // biome-ignore lint/suspicious/noConfusingVoidType: most steps return nothing, and need not say so
  work(progress: Progress, state: State): Promise<string | void>;
}

/** Runs steps one after another, and stops at the first that fails. */
export async function runSteps<State>(host: Host, steps: readonly Step<State>[], state: State): Promise<State> {
  const chosen = steps.filter(({ enabled }) => enabled !== false);
  host.report({ code: "steps", titles: chosen.map(({ title }) => title) });
  try {
    for (const { title, work } of chosen) {
      host.report({ code: "step-begun", title });
      try {
        const text = await work((text) => host.report({ code: "step-progress", title, text }), state);
        host.report({ code: "step-done", title, ...(text && { text }) });
      } catch (error) {
        host.report({ code: "step-failed", title });
        throw error;
      }
    }
  } finally {
    await host.shown?.();
  }
  return state;
}

/** Runs one step by itself, so that plans and questions can stand between two. */
export const runStep = (host: Host, step: Step): Promise<void> => runSteps<void>(host, [step], undefined);

/** @throws UserError unless the answer is yes */
export async function confirmed(host: Host, question: string): Promise<void> {
  if (!(await host.confirm(question))) throw new UserError("aborted: not confirmed");
}
