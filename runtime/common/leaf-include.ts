/**
 * What a server includes into its configuration for a leaf link: there a seed is a key and a value, not the seed alone.
 * A seed comes in no other way, so that the configuration itself holds no secret.
 */
export const leafInclude = (seed: string): string => `nkey: "${seed}"\n`;
