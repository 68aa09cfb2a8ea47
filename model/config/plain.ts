/** Text, numbers, booleans, lists and objects, and few enough of them to be printed. */
export function isPlain(root: unknown): boolean {
  const open = [root];
  for (let seen = 0; open.length > 0; seen++) {
    const value = open.pop();
    if (seen > 2000 || typeof value === "bigint" || typeof value === "function" || typeof value === "symbol")
      return false;
    if (typeof value !== "object" || value === null) continue;
    if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return false;
    open.push(...Object.values(value));
  }
  return true;
}
