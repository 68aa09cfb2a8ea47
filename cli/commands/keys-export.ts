import { Option } from "@commander-js/extra-typings";
import { json, keysCommand } from "./options";

const passphraseFile = () =>
  new Option("--passphrase-file <file>", "file with the passphrase; without it the terminal is asked");

export const exportKeys = () =>
  keysCommand("export")
    .description("write every key of a store into one encrypted file, which age decrypts too")
    .requiredOption("--out <file>", "file to write; one that exists is never overwritten")
    .option("--recipient <age1...>", "who can decrypt it: public keys of age-keygen")
    .option("--recipients-file <file>", "file with such public keys, one a line")
    .addOption(passphraseFile())
    .option(...json)
    .action(async (name, options) => (await import("../actions/keys-export")).exportTo(name, options));

export const importKeys = () =>
  keysCommand("import")
    .argument("<file>", "what keys export wrote")
    .description("restore keys from an export: those of the trust file that the store lacks, and no others")
    .option("--identity <file>", "file of age-keygen that opens an export for recipients")
    .addOption(passphraseFile())
    .option("--replace <name...>", "overwrite another key that the store holds under this name")
    .option(...json)
    .action(async (name, file, options) => (await import("../actions/keys-export")).importFrom(name, file, options));
