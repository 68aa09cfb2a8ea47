import { createHash } from "node:crypto";
import { z } from "zod";
import { writeFileAtomically } from "../../../artifacts/files";
import type { Trust } from "../../../model/config";
import { keyExportFile } from "../../../model/config/load";
import { readOwn } from "../../core/own-file";
import { listedNames, trustedHalves } from "../trusted-keys";

/**
 * What the last export of an environment's keys holds, without any secret. It is versioned beside the trust file: then the
 * whole team knows whether there is an export of the keys that the trust file lists, whoever made it.
 */
const ExportRecord = z.strictObject({
  exported: z.iso.datetime(),
  /** SHA-256 of the encrypted file, in hexadecimal: which file it was. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Public halves by name. */
  keys: z.record(z.string(), z.string()),
});
export type ExportRecord = z.output<typeof ExportRecord>;

/** @param keys names of the keys that were exported */
export function recordExport(
  root: string,
  trust: Trust,
  { exported, keys, file }: { exported: string; keys: readonly string[]; file: Uint8Array },
): string {
  const path = keyExportFile(trust.environment, root);
  const half = trustedHalves(trust);
  const listed = keys.flatMap((name) => {
    const publicKey = name.startsWith("creds-") ? undefined : half(name);
    return publicKey === undefined ? [] : [[name, publicKey] as const];
  });
  const sha256 = createHash("sha256").update(file).digest("hex");
  const record: ExportRecord = { exported, sha256, keys: Object.fromEntries(listed) };
  writeFileAtomically(path, `${JSON.stringify(record, null, 2)}\n`);
  return path;
}

/** @throws UserError when it is damaged */
export const readExportRecord = (root: string, environment: string): ExportRecord | undefined =>
  readOwn(
    keyExportFile(environment, root),
    (text) => ExportRecord.parse(JSON.parse(text)),
    `natsform keys export ${environment} --out FILE writes it anew`,
  );

/** Keys of the trust file that the last export does not hold, or holds as they were before. Pure. */
export function notExported(trust: Trust, { keys }: Pick<ExportRecord, "keys">): string[] {
  const half = trustedHalves(trust);
  return listedNames(trust).filter((name) => keys[name] !== half(name));
}
