/**
 * Content of the file that a server includes for a leaf link: there a seed is a key and a value, not the seed alone.
 * Seeds are always included so, and the configuration itself holds no secret.
 */
export const leafInclude = (seed: string): string => `nkey: "${seed}"\n`;
