/** A weakening of one line, that some test has to notice. */
export interface Planted {
  /** Source file, from the root of the checkout. */
  file: string;
  /** What the weakened program does wrong. With the file, it names the weakening. */
  says: string;
  /** Text that stands once in the file. Short, so that it outlives changes around it. */
  find: string;
  replace: string;
  /** Why no fast test can notice it, and what does. */
  lives?: string;
}

/** What it does wrong, the text that stands once in the file, what stands there instead, and why it may live. */
type Line = readonly [says: string, find: string, replace: string, lives?: string];

export const plantedIn = (file: string, lines: readonly Line[]): Planted[] =>
  lines.map(([says, find, replace, lives]) => ({ file, says, find, replace, lives }));

export const nameOf = ({ file, says }: Planted): string => `${file}: ${says}`;
