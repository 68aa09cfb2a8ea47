import { Command, Option } from "@commander-js/extra-typings";
import { json, storeOption } from "./options";

export const review = () =>
  new Command("review")
    .argument("[environments...]", "default: every environment of either revision")
    .description(
      "say what a change does to NATS, and whether it is to be applied; exit 0: nothing changes, 2: something does or is to be acknowledged, 3: it is not to be applied",
    )
    .option("--from <revision>", "what it is compared with; default: where it left the main branch")
    .option("--trust-head", "run environment files with packages that the change itself chose")
    .option(
      "--plan [files...]",
      "Terraform plans of its stacks, as terraform show -json prints them; - is standard input; without files: planned now, with the credentials at hand",
    )
    .option("--emulate", "plan against what its emulated AWS has: natsform deploy --emulate")
    .addOption(
      new Option(
        "--live [servers]",
        "ask servers as well, those of its twin or deployed ones: how much is stored, whether every copy is current, when certificates end",
      )
        .choices(["twin", "deployment"] as const)
        .preset("twin" as const),
    )
    .addOption(storeOption())
    .option("--out <folder>", "write review.html, review.md, review.sarif and review.json")
    .option(...json)
    .addHelpText(
      "after",
      `
Environment files of both revisions run without variables, network and other
programs. An acknowledgement that the change itself brings does not count yet.`,
    )
    .action(async (names, options) => (await import("../actions/review")).runReview(names, options));
