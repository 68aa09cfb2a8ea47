import { Command } from "@commander-js/extra-typings";
import { UserError } from "../core/project";
import { storeOption } from "./options";

const none: Record<string, string> = {};

export const importOperator = () =>
  new Command("import-operator")
    .argument("<environment>")
    .description(
      "import a foreign operator of Synadia Control Plane or nsc: its JWTs unchanged, its creds into the key store",
    )
    .requiredOption("--operator-jwt <file>", "JWT of the operator")
    .requiredOption("--system-account <file>", "JWT of the system account")
    .requiredOption("--resolver-preload <file>", "configuration with resolver_preload: JWTs of the other accounts")
    .option("--creds <user=file>", "creds of a user of the environment, for example sys; may be repeated", pair, none)
    .option(
      "--account <ours=theirs>",
      "name of an account in the operator's files, where it differs; may be repeated",
      pair,
      none,
    )
    .addOption(storeOption())
    .action(async (name, options) => (await import("../actions/keys-import-operator")).importKeys(name, options));

function pair(text: string, before: Record<string, string>): Record<string, string> {
  const at = text.indexOf("=");
  if (at < 1 || at === text.length - 1) throw new UserError(`expected NAME=VALUE, got ${text}`);
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}
