/** The seeds in text with commas or white space between them. */
export const splitSeeds = (seeds: string | readonly string[]): string[] =>
  (typeof seeds === "string" ? seeds.split(/[\s,]+/) : [...seeds]).filter((seed) => seed !== "");

/** Keys of a list of seeds, and the problems of the list. No message holds a seed. */
export interface ReadSeeds<Key> {
  keys: Key[];
  problems: string[];
}

/**
 * @param kind what each seed begins with, such as `SA`
 * @param read makes the key; undefined when the text is no seed of that kind
 */
export function readSeeds<Key extends { publicKey: string }>(
  seeds: string | readonly string[],
  kind: string,
  read: (seed: string) => Key | undefined,
): ReadSeeds<Key> {
  const list = splitSeeds(seeds);
  if (list.length === 0) return { keys: [], problems: [`holds no seed: it needs at least one ${kind}…`] };
  const keys = list.map(read);
  const problems = keys.flatMap((key, index) =>
    key ? [] : [`seed ${index + 1} of ${keys.length} is not a seed ${kind}… with a correct checksum`],
  );
  return { keys: keys.filter((key) => key !== undefined), problems };
}
