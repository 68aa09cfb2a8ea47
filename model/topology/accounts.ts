import type { Environment } from "../config";
import type { AccountExport, AccountImport } from "./model";

type Account = Environment["accounts"][string];

/** What an account exports. The configuration has exactly one of both kinds in each entry. */
export const exportOf = ({ service, stream, accounts, response }: Account["exports"][number]): AccountExport => ({
  ...(service === undefined ? { kind: "stream", subject: stream ?? "" } : { kind: "service", subject: service }),
  accounts,
  response: response ?? "singleton",
});

export function importOf({ service, stream, to }: Account["imports"][number]): AccountImport {
  const { account, subject } = service ?? stream ?? { account: "", subject: "" };
  return { kind: service ? "service" : "stream", account, subject, to: to ?? subject };
}
