import type { Entry } from "./link";

const operations = { PUT: "put", DEL: "delete", PURGE: "purge" } as const;
export type NatsEntry = { key: string; value: Uint8Array; revision: number; operation: keyof typeof operations };

/** An entry in our words; both lines of nats.js have the same fields. */
export const entryOf = ({ key, value, revision, operation }: NatsEntry): Entry => ({
  key,
  value,
  revision,
  operation: operations[operation],
});
