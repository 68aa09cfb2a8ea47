import { setImmediate } from "node:timers/promises";

/**
 * Starts work in order, one piece in each turn of the event loop.
 *
 * Messages arrive many at once. Were all of them started at once, the opening of the last would come before the answer
 * to the first; so what is nearly done, whose token another thread has verified, goes before what is new. Nothing holds
 * a place while it waits for the network: a slow issuer delays those alone that need it.
 */
export class FairQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Resolves when it is the caller's turn. */
  next(): Promise<void> {
    const turn = this.#last.then(() => setImmediate());
    this.#last = turn;
    return turn;
  }
}
