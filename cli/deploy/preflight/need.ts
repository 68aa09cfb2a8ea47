import { UserError } from "../../core/project";

/** One thing that has to be there before an environment can be deployed, with what was found. */
export interface Need {
  name: string;
  found: string;
  needed: string;
  ok: boolean;
  /** How to get it. */
  get: string;
}

type Look = () => Promise<Pick<Need, "found" | "ok"> & Partial<Pick<Need, "get">>>;

/** Looks for it; what cannot be looked at is not there, for the reason that was given. */
export async function need({ name, needed, get }: Pick<Need, "name" | "needed" | "get">, look: Look): Promise<Need> {
  try {
    return { name, needed, get, ...(await look()) };
  } catch (error) {
    const { message, fix } = error as UserError;
    return { name, needed, get: fix ?? get, ok: false, found: message.split("\n")[0] ?? "" };
  }
}

/** Everything that is missing as one error; `undefined` when nothing is. */
export function missingError(environment: string, needs: readonly Need[]): UserError | undefined {
  const missing = needs.filter(({ ok }) => !ok);
  const [only] = missing;
  if (!only) return undefined;
  const text = ({ name, found, needed }: Need) => `${name}: ${found}; needed: ${needed}`;
  if (missing.length === 1) return new UserError(text(only), only.get);
  const list = missing.map((one) => `  ✖ ${text(one)}\n    fix: ${one.get}`).join("\n");
  return new UserError(`${environment} cannot be deployed from here, ${missing.length} things are missing:\n${list}`);
}
