import { RETRY_TABLE } from "../../runtime/client/retry-table";

/** The table of what is safe to send again, as the client itself reads it. */
export function retryTable(): string {
  const words = { always: "yes, with backoff", idempotent: "only what is declared `idempotent`", never: "no" };
  const rows = Object.entries(RETRY_TABLE).map(
    ([code, { retry, known, breaks }]) => `| \`${code}\` | ${known} | ${words[retry]} | ${breaks ? "yes" : "no"} |`,
  );
  return [
    "| `code` | what is known of the message | sent again | counts for the breaker |",
    "| --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}
