import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import type { EnvironmentContext, JestEnvironment, JestEnvironmentConfig } from "@jest/environment";
import { ModernFakeTimers } from "@jest/fake-timers";
import type { Circus } from "@jest/types";
import { ModuleMocker } from "jest-mock";
import { children, endAll, processesOf, removeFolder } from "./left";
import { rememberRealm } from "./realm";

const timedOut = /^(thrown: ")?Exceeded timeout/;

/**
 * Node's own realm, with a folder of temporary files for each file of tests. When its tests are over, also when one of them
 * failed, what they have changed around them is put back, and what they have started ends before the next file begins, and is
 * named. What a test that was not done in time has started ends with it: a command that goes on would be in the next one's
 * way.
 */
export default class FileEnvironment implements JestEnvironment<unknown> {
  readonly global = globalThis as unknown as JestEnvironment["global"];
  readonly moduleMocker = new ModuleMocker(globalThis);
  readonly fakeTimers = null;
  readonly fakeTimersModern: ModernFakeTimers;
  readonly #restore: () => void;
  readonly #file: string;
  readonly #folder: string;
  /** Those of jest itself. */
  readonly #others: ReadonlySet<string>;
  /** Those that were there when the test began. */
  #before: ReadonlySet<string> = new Set();

  constructor(config: JestEnvironmentConfig, context: EnvironmentContext) {
    this.#restore = rememberRealm();
    const folder = mkdtempSync(join(tmpdir(), "f"));
    process.env.TMPDIR = folder;
    this.fakeTimersModern = new ModernFakeTimers({ config: config.projectConfig, global: globalThis });
    this.#folder = folder;
    this.#file = relative(config.globalConfig.rootDir, context.testPath);
    this.#others = new Set(children());
  }

  async handleTestEvent(event: Circus.Event): Promise<void> {
    if (event.name === "test_start") this.#before = new Set(children());
    if (event.name !== "test_done" || !event.test.errors.some(isTimeout)) return;
    await endAll(() => children().filter((pid) => !this.#before.has(pid)));
  }

  async setup(): Promise<void> {}

  exportConditions = () => ["node", "node-addons"];

  getVmContext = () => null;

  async teardown(): Promise<void> {
    this.fakeTimersModern.dispose();
    this.#restore();
    const left = await endAll(() => [
      ...new Set([...processesOf(this.#folder), ...children().filter((pid) => !this.#others.has(pid))]),
    ]);
    removeFolder(this.#folder);
    if (left !== "") process.stderr.write(`left running by ${this.#file}, ended now:\n${left}`);
  }
}

/** An error stands there by itself, or beside where it was thrown. */
const isTimeout = (error: unknown): boolean =>
  [error].flat().some((one) => timedOut.test(one instanceof Error ? one.message : String(one)));
