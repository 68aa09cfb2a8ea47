import { covers, overlaps } from "../../runtime/subjects/spec";
import type { AccountImport, AccountTopology } from "../topology";

/**
 * True when what an import brings comes back to the account by other imports, as nats-server sees it
 * (`checkServiceImportsForCycles` and `checkStreamImportsForCycles` of its accounts.go).
 */
export function closesCircle(accounts: readonly AccountTopology[], account: string, start: AccountImport): boolean {
  const subjects = start.kind === "service" ? [start.to] : [start.to, start.subject];
  return subjects.some((subject) => comesBack(accounts, start, start.account, subject, new Set([account])));
}

function comesBack(
  accounts: readonly AccountTopology[],
  { kind }: AccountImport,
  at: string,
  subject: string,
  visited: ReadonlySet<string>,
): boolean {
  const here = accounts.find(({ name }) => name === at);
  if (!here) return false;
  const isExported = here.exports.some((one) => one.kind === kind && covers(one.subject, subject));
  // A server follows streams over accounts that export them again, services over all.
  if (kind === "stream" && !isExported) return false;
  return here.imports
    .filter((one) => one.kind === kind && overlaps(subject, kind === "service" ? one.subject : one.to))
    .some((one) => {
      if (visited.has(one.account)) return true;
      const narrowed = covers(subject, one.to) ? one.to : subject;
      return comesBack(accounts, one, one.account, narrowed, new Set([...visited, at]));
    });
}
