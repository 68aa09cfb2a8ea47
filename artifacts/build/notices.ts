import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Name in `build/`. */
export const noticesFile = "THIRD-PARTY-NOTICES.txt";

/** Folders of the packages that these files are parts of, each once: `node_modules/@scope/name`, nested ones too. */
export function packageFolders(files: readonly string[]): string[] {
  const folders = files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
  return [...new Set(folders)].sort();
}

export interface BundledPackage {
  /** With its version. */
  name: string;
  /** As the package states it. */
  license: string;
  /** Its licence and notices; empty where it brings none. */
  text: string;
}

export function readPackage(folder: string): BundledPackage {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)(\.(md|txt)|$|-)/i.test(file));
  const text = files.sort().map((file) => readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n").trim());
  return { name: `${name} ${version}`, license: typeof license === "string" ? license : "", text: text.join("\n\n") };
}

/** Names and licences of packages whose code is in natsform's files, each text once. */
export function noticesText(packages: readonly BundledPackage[]): string {
  const byText = new Map<string, BundledPackage[]>();
  for (const one of packages) byText.set(one.text, [...(byText.get(one.text) ?? []), one]);
  const parts = [...byText].map(([text, those]) => {
    const names = those.map(({ name, license }) => `${name} (${license})`).join("\n");
    return text === "" ? names : `${names}\n\n${text}`;
  });
  const line = `\n\n${"-".repeat(80)}\n\n`;
  return `The files beside this one hold code of these packages. Its source is in the npm package of that name and version.${line}${parts.join(line)}\n`;
}
