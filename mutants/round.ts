import { nameOf, type Planted } from "./planted";
import type { Outcome } from "./record";
import { readImporters, testsOf } from "./related";
import { type Failure, failuresOf } from "./try";

export interface RoundProps {
  root: string;
  /** Folder for jest's reports. */
  folder: string;
  /** Weakenings that are tried at the same time. */
  jobs: number;
  /** Test files of each weakening, the nearest first. Default: all that load its file. */
  near?: number;
  /** Outcomes of the last run: what noticed a weakening is tried first. */
  record: Readonly<Record<string, Outcome>>;
  signal: AbortSignal;
  /** Called with each outcome. */
  tried(planted: Planted, outcome: Outcome): void;
}

/**
 * Plants each weakening by itself, and runs the fast tests that load its file until one fails.
 *
 * @returns what fails without any weakening: such a test has noticed nothing
 */
export async function tryAll(chosen: readonly Planted[], props: RoundProps): Promise<Failure[]> {
  const { root, near, jobs, record, tried } = props;
  const importers = readImporters(root);
  const noticing = new Set<string>();
  const open = [...chosen];
  const work = async () => {
    for (let planted = open.shift(); planted !== undefined; planted = open.shift()) {
      const before = record[nameOf(planted)];
      const related = testsOf(planted.file, importers);
      const first = before && "by" in before && related.includes(before.by) ? [before.by] : [];
      const tests = [...new Set([...first, ...related])].slice(0, near);
      const [failure] = tests.length === 0 ? [] : await failuresOf({ ...props, planted, tests, bail: true });
      if (failure) noticing.add(failure.file);
      tried(planted, failure ? { by: failure.file, test: failure.test } : { lives: true });
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  return noticing.size === 0 ? [] : failuresOf({ ...props, tests: [...noticing], bail: false });
}
