import { setImmediate } from "node:timers/promises";

/**
 * Starts work in order, one piece in each turn of the event loop.
 *
 * Messages arrive many at once. If all of them started at once, the last would be opened before the first is answered.
 * In turns, a message whose token another thread has verified goes before new ones. Nothing holds a place while it
 * waits for the network: a slow issuer delays only the messages that need it.
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
