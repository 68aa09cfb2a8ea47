/** The seed in a text of creds; undefined where there is none. */
export const seedOfCreds = (creds: string): string | undefined =>
  /-----BEGIN USER NKEY SEED-----\s+(\S+)/.exec(creds)?.[1];
