/** Random choices from a seed (mulberry32): the same seed makes the same choices on every machine. */
export class Random {
  #state: number;

  constructor(readonly seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to, but not, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  }

  /** A whole number from `min` to `max`, both included. */
  int(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  /** @throws Error for an empty list */
  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new Error("there is nothing to pick from");
    return list[this.int(0, list.length - 1)] as T;
  }

  list<T>(count: number, make: () => T): T[] {
    return Array.from({ length: count }, make);
  }

  text(alphabet: string, length: number): string {
    const characters = [...alphabet];
    return this.list(length, () => this.pick(characters)).join("");
  }

  /** Lower-case letters and digits. */
  word(length = 8): string {
    return this.text("abcdefghijklmnopqrstuvwxyz0123456789", length);
  }

  bytes(length: number): Buffer {
    return Buffer.from(this.list(length, () => this.int(0, 255)));
  }

  /** The text in random upper and lower case. */
  anyCase(text: string): string {
    return [...text].map((letter) => (this.chance(0.5) ? letter.toUpperCase() : letter.toLowerCase())).join("");
  }
}
