import { bytesIfThere } from "../../artifacts/files";
import { UserError } from "./project";

/** Bytes of a file that the user has named. @throws UserError when there is none; a system error that names it otherwise */
export function namedBytes(path: string): Buffer {
  const bytes = bytesIfThere(path);
  if (bytes === undefined) throw new UserError(`there is no file ${path}`, "name one that is there");
  return bytes;
}

export const namedText = (path: string): string => namedBytes(path).toString("utf8");
