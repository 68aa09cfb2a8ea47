import { readIfThere } from "../../artifacts/files";
import { UserError } from "./project";

/**
 * A file that natsform itself has written, parsed.
 *
 * @param parse throws for a text that natsform does not write
 * @param fix what to do when the file is damaged
 * @returns `undefined` when there is none
 * @throws UserError when it is damaged
 */
export function readOwn<T>(path: string, parse: (text: string) => T, fix: string): T | undefined {
  const text = readIfThere(path);
  return text === undefined ? undefined : parseOwn(path, text, parse, fix);
}

/** As `readOwn`, of a text that is read already. @param place path, or another name of where it lies */
export function parseOwn<T>(place: string, text: string, parse: (text: string) => T, fix: string): T {
  try {
    return parse(text);
  } catch {
    throw new UserError(`${place} is damaged${text.trim() === "" ? ": it is empty" : ""}`, fix);
  }
}
