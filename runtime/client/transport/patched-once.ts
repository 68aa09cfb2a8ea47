/**
 * Whether a class of an installed package is patched for the first time. There is one of it in a process, and of ours there may be
 * two: a program that loads it as an ES module and as CommonJS has both.
 *
 * @param what name of the patch
 */
export function isFirstPatch(of: { prototype: unknown }, what: string): boolean {
  const prototype = of.prototype as Record<symbol, true | undefined>;
  const mark = Symbol.for(`natsform: ${what}`);
  if (prototype[mark]) return false;
  Object.defineProperty(prototype, mark, { value: true });
  return true;
}
