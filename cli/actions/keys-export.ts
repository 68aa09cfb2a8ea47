import { askHidden } from "../core/ask-hidden";
import { counted } from "../core/counted";
import { namedText } from "../core/named-file";
import { print, printJson } from "../core/output";
import { UserError } from "../core/project";
import { ageLines, type Opener, type ReadableBy } from "../keys/export/age";
import { exportKeys, importKeys, refuseExisting } from "../keys/export/commands";
import type { KeyLocationOptions } from "../keys/location";

interface Options extends KeyLocationOptions {
  json?: boolean;
  passphraseFile?: string;
}

interface ExportOptions extends Options {
  out: string;
  recipient?: string[];
  recipientsFile?: string;
}

export async function exportTo(name: string, options: ExportOptions): Promise<void> {
  // Before anybody types a passphrase for nothing.
  refuseExisting(options.out);
  const readableBy = await readableByWhom(options);
  const exported = await exportKeys(name, { ...options, readableBy });
  const { keys, missing, others, store, record } = exported;
  if (options.json) {
    printJson(exported);
    return;
  }
  print(`${counted(keys.length, "key")} of ${store} written to ${options.out}`);
  if (missing.length > 0) print(`not in it, since the store does not hold them: ${missing.join(", ")}`);
  if (others.length > 0) print(`left out, since they are no keys: ${others.join(", ")}`);
  if (record) print(`${record} written: version it beside the trust file`);
}

async function readableByWhom({ recipient = [], recipientsFile, passphraseFile }: ExportOptions): Promise<ReadableBy> {
  const more = recipientsFile === undefined ? [] : ageLines(namedText(recipientsFile));
  const recipients = [...recipient, ...more];
  if (recipients.length === 0 && recipientsFile !== undefined)
    throw new UserError(`${recipientsFile} names no recipient`, "write one age1… a line");
  if (recipients.length > 0 && passphraseFile !== undefined)
    throw new UserError("a file is for recipients or for a passphrase, not for both", "leave one of them out");
  if (recipients.length > 0) return { recipients };
  if (passphraseFile !== undefined) return { passphrase: passphraseOf(passphraseFile) };
  const passphrase = await asked(
    "Passphrase for the export (not shown): ",
    "--recipient age1… or --passphrase-file FILE",
  );
  if ((await askHidden("The same again: ")) !== passphrase)
    throw new UserError("these are two different passphrases", "run the same command again");
  return { passphrase };
}

interface ImportOptions extends Options {
  identity?: string;
  replace?: string[];
}

export async function importFrom(name: string, from: string, options: ImportOptions): Promise<void> {
  const opener = (kind: "passphrase" | "identities") => openerOf(kind, options);
  const imported = await importKeys(name, { ...options, from, opener });
  if (options.json) {
    printJson(imported);
    return;
  }
  const { written, unchanged, outdated, unlisted, missing, store, trust } = imported;
  const names = written.length > 0 ? `: ${written.join(", ")}` : "";
  print(`${counted(written.length, "key")} written to ${store}, ${unchanged.length} unchanged${names}`);
  if (outdated.length > 0) print(`kept as the store has them, which is as the trust file says: ${outdated.join(", ")}`);
  if (unlisted.length > 0) print(`left out, since the trust file does not list them: ${unlisted.join(", ")}`);
  if (trust) print(`${trust} was missing, and is that of the export`);
  if (missing.length > 0) print(`still missing, in the export too: ${missing.join(", ")}`);
}

async function openerOf(
  kind: "passphrase" | "identities",
  { identity, passphraseFile }: ImportOptions,
): Promise<Opener> {
  if (kind === "identities") {
    if (identity === undefined)
      throw new UserError("this file is for recipients", "name the file of an identity: --identity FILE");
    const identities = ageLines(namedText(identity));
    if (identities.length > 0) return { identities };
    throw new UserError(`${identity} holds no identity`, "age-keygen prints one as AGE-SECRET-KEY-1…");
  }
  if (passphraseFile !== undefined) return { passphrase: passphraseOf(passphraseFile) };
  return { passphrase: await asked("Passphrase of the export (not shown): ", "--passphrase-file FILE") };
}

/** Its end of line is none of it. */
function passphraseOf(file: string): string {
  const passphrase = namedText(file).replace(/\r?\n$/, "");
  if (passphrase === "") throw new UserError(`${file} holds no passphrase`, "write it into the file");
  return passphrase;
}

async function asked(question: string, otherwise: string): Promise<string> {
  if (!process.stdin.isTTY) throw new UserError("there is no terminal to ask for a passphrase", otherwise);
  const passphrase = await askHidden(question);
  if (passphrase === "") throw new UserError("no passphrase was given", otherwise);
  return passphrase;
}
