import type { TestRun } from "./global-setup";

/** Ends what tests have left running, and names it: a test that leaves something is not finished. */
export default async function globalTeardown(): Promise<void> {
  const { testRun } = globalThis as { testRun?: TestRun };
  if (!testRun) return;
  testRun.sweeper.ref();
  (testRun.sweeper.stdout as unknown as { ref(): void }).ref();
  testRun.sweeper.stdin?.end();
  const left = await testRun.ended;
  if (left !== "") process.stderr.write(`left running by tests, ended now:\n${left}`);
}
