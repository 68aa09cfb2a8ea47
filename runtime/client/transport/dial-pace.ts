/**
 * When the dials after a disconnect happen, in the form that both lines of nats.js ask for it: before each turn of their
 * loop they want the time since the last dial of a server after which it may be dialled again.
 *
 * They dial at once what was dialled long ago. A thousand clients of one dead server would reach the next one together,
 * so the first dial waits for a random moment.
 */
export class DialPace {
  #connected = false;
  #firstDialAt: number | undefined;

  constructor(
    private readonly options: { firstDialDelayMs(): number; dialDelayMs(): number },
    private readonly now: () => number = Date.now,
  ) {}

  /** To be called when a connection stands: the next turn begins a new disconnect. */
  connected(): void {
    this.#connected = true;
    this.#firstDialAt = undefined;
  }

  /** Milliseconds that the first dial still has to wait; 0 for all others. */
  untilFirstDial(): number {
    return this.#firstDialAt === undefined ? 0 : Math.max(0, this.#firstDialAt - this.now());
  }

  /**
   * Answer to the library's question at the begin of a turn.
   *
   * @param begun called before the first answer after a disconnect
   * @throws what the options throw, which ends the library's loop
   */
  nextDelay(begun: () => void = () => {}): number {
    const delay = this.options.dialDelayMs();
    if (this.#connected) {
      this.#connected = false;
      this.#firstDialAt = this.now() + this.options.firstDialDelayMs();
      begun();
    }
    if (this.#firstDialAt === undefined) return delay;
    const left = this.untilFirstDial();
    if (left === 0) this.#firstDialAt = undefined;
    return left;
  }
}
