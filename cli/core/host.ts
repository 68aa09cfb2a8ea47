import type { Row } from "./rows";

/**
 * What natsform's functions report while they work. Codes and fields are stable: programs may read them. Texts are for
 * people, and may change.
 */
export type HostEvent =
  /** Steps that follow one another from here, as far as they are known. */
  | { code: "steps"; titles: readonly string[] }
  | { code: "step-begun"; title: string }
  | { code: "step-progress"; title: string; text: string }
  /** `text`: what was done, where it says more than the title. */
  | { code: "step-done"; title: string; text?: string }
  /** The error itself is thrown. */
  | { code: "step-failed"; title: string }
  /** Something to know that is no step. */
  | { code: "notice"; text: string }
  /** Plan of one stack, as Terraform prints it; no text when nothing changes. */
  | { code: "plan"; stack: string; changes: number; text?: string }
  /** Result of a check. */
  | { code: "row"; row: Row };

/** Whoever calls natsform's functions: it is told what happens, and asked before anything is changed. */
export interface Host {
  report(event: HostEvent): void;
  /**
   * Asks before a change. False leaves everything as it is.
   *
   * @param about `loss` where something would be lost for good, or taken from somebody: who confirms changes beforehand
   *   does not confirm that
   */
  confirm(question: string, about?: "loss"): Promise<boolean>;
  /** Resolves when everything reported so far is shown. */
  shown?(): Promise<void>;
}

/** A host that shows nothing. @param confirmed its answer to every question */
export const silentHost = (confirmed: boolean): Host => ({
  report: () => undefined,
  confirm: async () => confirmed,
});

/** Reports texts to somebody who reads. */
export const notices =
  (host: Host) =>
  (text: string): void =>
    host.report({ code: "notice", text });
