import { chdir, cwd } from "node:process";

/** Matchers and counts of `expect`, which cannot be removed from where they are kept. */
const matchers = Symbol.for("$$jest-matchers-object");

/**
 * What files of tests that run in one realm could leave to each other: globals, the process's variables, folder, listeners
 * and exit code.
 *
 * @returns puts everything back as it is now
 */
export function rememberRealm(): () => void {
  const globals = remember(globalThis, isOfPackage);
  const own = remember(process, isOfEvents);
  const variables = { ...process.env };
  const folder = cwd();
  const { exitCode } = process;
  const listeners = new Map(process.eventNames().map((name) => [name, process.rawListeners(name as "exit")]));
  return () => {
    globals();
    own();
    const kept = (globalThis as { [matchers]?: object })[matchers];
    if (kept) Object.assign(kept, asExpectBegins());
    for (const name of Object.keys(process.env)) if (!(name in variables)) delete process.env[name];
    Object.assign(process.env, variables);
    if (cwd() !== folder) chdir(folder);
    process.exitCode = exitCode;
    for (const name of process.eventNames())
      for (const listener of process.rawListeners(name as "exit"))
        if (!listeners.get(name)?.includes(listener)) process.off(name, listener as () => void);
    for (const [name, before] of listeners)
      for (const listener of before)
        if (!process.rawListeners(name as "exit").includes(listener)) process.on(name, listener as () => void);
  };
}

const asExpectBegins = () => ({
  customEqualityTesters: [],
  matchers: Object.create(null),
  state: {
    assertionCalls: 0,
    expectedAssertionsNumber: null,
    isExpectingAssertions: false,
    numPassingAsserts: 0,
    suppressedErrors: [],
  },
});

/** Listeners are kept there, and counted: they are put back one by one. */
const isOfEvents = (key: string | symbol): boolean => typeof key === "string" && key.startsWith("_");

/** Packages that stay loaded keep what they have there, such as CDKTF its tokens. Jest names its own in capitals. */
const isOfPackage = (key: string | symbol): boolean =>
  typeof key === "symbol" ? !/^[A-Z_]+$/.test(key.description ?? "") : key.startsWith("__");

/**
 * Own properties of an object.
 *
 * @param stays those that are left as they are, though they are new or were changed
 * @returns puts back the others that were changed since, and removes new ones
 */
function remember(object: object, stays: (key: string | symbol) => boolean): () => void {
  const own = () => Reflect.ownKeys(object).filter((key) => !stays(key));
  const before = new Map(own().map((key) => [key, Object.getOwnPropertyDescriptor(object, key)]));
  return () => {
    for (const key of own()) if (!before.has(key)) Reflect.deleteProperty(object, key);
    for (const [key, then] of before) {
      const now = Object.getOwnPropertyDescriptor(object, key);
      if (then && (now?.value !== then.value || now?.get !== then.get)) Reflect.defineProperty(object, key, then);
    }
  };
}
