/**
 * One run of `work` for everybody who asks while it runs and for `keepMs` after it: how often somebody asks decides
 * nothing about how often it runs. A failure is shared as well.
 */
export function sharedAnswer<Value>(keepMs: number, work: () => Promise<Value>): () => Promise<Value> {
  let current: Promise<Value> | undefined;
  return () => {
    if (current) return current;
    const begun = work();
    current = begun;
    const forget = () => {
      setTimeout(() => {
        current = undefined;
      }, keepMs).unref();
    };
    begun.then(forget, forget);
    return begun;
  };
}
