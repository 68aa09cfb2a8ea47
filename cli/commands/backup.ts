import { Command } from "@commander-js/extra-typings";
import { json } from "./options";

const common = (name: string) =>
  new Command(name)
    .argument("<environment>")
    .option("--deployed", "use the deployed environment, in a Job on Kubernetes, instead of the twin")
    .option("--to <url>", "file:///folder, s3://bucket/prefix or gs://bucket/prefix (default: beside the twin)")
    .option("--key <file>", "file with keys, 32 bytes in base64 each; the first encrypts (default: the twin's)")
    .option("--cluster <name>", "only this cluster")
    .option("--account <name>", "only this account")
    .option(...json);
const reading = (name: string) =>
  common(name).option("--unencrypted", "use only backups that were made without encryption");
const id = ["--id <id>", "backup to use (default: the newest complete one)"] as const;

export const backup = () =>
  new Command("backup")
    .description("take, list, verify and restore backups of streams")
    .addCommand(
      common("run")
        .description("back up every stream; exit 1 when one cannot be backed up")
        .action(async (name, options) => (await import("../actions/backup")).backup("backup", name, options)),
    )
    .addCommand(
      reading("list")
        .description("show the backups of each account")
        .action(async (name, options) => (await import("../actions/backup")).backup("list", name, options)),
    )
    .addCommand(
      reading("drill")
        .description("restore the last backup into an empty server and compare every message; exit 1 when one differs")
        .option(...id)
        .action(async (name, options) => (await import("../actions/backup")).backup("drill", name, options)),
    )
    .addCommand(
      reading("restore")
        .description("read the whole backup and show what a restore would do; --apply restores")
        .option(...id)
        .option("--streams <names...>", "only these streams")
        .option("--replace <names...>", "existing streams that may be deleted first; twins only")
        .option("--apply", "restore the streams")
        .action(async (name, options) => (await import("../actions/backup")).backup("restore", name, options)),
    );
