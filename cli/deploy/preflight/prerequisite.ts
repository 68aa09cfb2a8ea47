import { UserError } from "../../core/project";

/** A prerequisite of a deployment, with what was found. */
export interface Prerequisite {
  name: string;
  found: string;
  needed: string;
  ok: boolean;
  /** Instruction to get it. */
  get: string;
  /** A deployment can do without it. */
  optional?: true;
}

type Check = () => Promise<Pick<Prerequisite, "found" | "ok"> & Partial<Pick<Prerequisite, "get">>>;

/** Runs the check of a prerequisite; one that throws is not met, with the error as the reason. */
export async function checkPrerequisite(
  { name, needed, get }: Pick<Prerequisite, "name" | "needed" | "get">,
  check: Check,
): Promise<Prerequisite> {
  try {
    return { name, needed, get, ...(await check()) };
  } catch (error) {
    const { message, fix } = error as UserError;
    return { name, needed, get: fix ?? get, ok: false, found: message.split("\n")[0] ?? "" };
  }
}

/** One error with all unmet prerequisites; `undefined` when all are met. */
export function prerequisiteError(environment: string, needs: readonly Prerequisite[]): UserError | undefined {
  const missing = needs.filter(({ ok }) => !ok);
  const [only] = missing;
  if (!only) return undefined;
  const text = ({ name, found, needed }: Prerequisite) => `${name}: ${found}; needed: ${needed}`;
  if (missing.length === 1) return new UserError(text(only), only.get);
  const list = missing.map((one) => `  ✖ ${text(one)}\n    fix: ${one.get}`).join("\n");
  return new UserError(`${environment} cannot be deployed from here, ${missing.length} things are missing:\n${list}`);
}
