import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import type { EnvironmentContext, JestEnvironmentConfig } from "@jest/environment";
import type { Circus } from "@jest/types";
import { TestEnvironment } from "jest-environment-node";
import { children, endAll, processesOf, removeFolder } from "./left";

const timedOut = /^(thrown: ")?Exceeded timeout/;

/** esbuild's own, which ends with its parent: nobody forgot it. */
const helper = /\besbuild --service=/;

/**
 * Node, with a folder of temporary files for each file of tests. When its tests are over, also when one of them failed,
 * what they have started ends before the next file begins, and is named. What a test that was not done in time has started
 * ends with it: a command that goes on would be in the next one's way.
 */
export default class FileEnvironment extends TestEnvironment {
  readonly #file: string;
  readonly #temporary: string | undefined;
  readonly #folder: string;
  /** Those of jest itself. */
  readonly #others: ReadonlySet<string>;
  /** Those that were there when the test began. */
  #before: ReadonlySet<string> = new Set();

  constructor(config: JestEnvironmentConfig, context: EnvironmentContext) {
    // Before the tests get their copy of the variables.
    const temporary = process.env.TMPDIR;
    const folder = mkdtempSync(join(tmpdir(), "f"));
    process.env.TMPDIR = folder;
    super(config, context);
    this.#temporary = temporary;
    this.#folder = folder;
    this.#file = relative(config.globalConfig.rootDir, context.testPath);
    this.#others = new Set(children());
  }

  async handleTestEvent(event: Circus.Event): Promise<void> {
    if (event.name === "test_start") this.#before = new Set(children());
    if (event.name !== "test_done" || !event.test.errors.some(isTimeout)) return;
    await endAll(() => children().filter((pid) => !this.#before.has(pid)));
  }

  override async teardown(): Promise<void> {
    await super.teardown();
    if (this.#temporary === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = this.#temporary;
    const left = await endAll(() => [
      ...new Set([...processesOf(this.#folder), ...children().filter((pid) => !this.#others.has(pid))]),
    ]);
    removeFolder(this.#folder);
    const named = left.split(/(?<=\n)/).filter((line) => line !== "" && !helper.test(line));
    if (named.length > 0) process.stderr.write(`left running by ${this.#file}, ended now:\n${named.join("")}`);
  }
}

/** An error stands there by itself, or beside where it was thrown. */
const isTimeout = (error: unknown): boolean =>
  [error].flat().some((one) => timedOut.test(one instanceof Error ? one.message : String(one)));
