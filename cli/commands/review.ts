import { Command } from "@commander-js/extra-typings";
import { json } from "./options";

export const review = () =>
  new Command("review")
    .argument("[environments...]", "default: every environment of either revision")
    .description(
      "say what a change does to NATS, and whether it is to be applied; exit 0: nothing changes, 2: something does or is to be acknowledged, 3: it is not to be applied",
    )
    .option("--from <revision>", "what it is compared with; default: where it left the main branch")
    .option(
      "--plan [files...]",
      "Terraform plans of its stacks, as terraform show -json prints them; - is standard input; without files: planned now, with the credentials at hand",
    )
    .option("--emulate", "plan against what its emulated AWS has: natsform deploy --emulate")
    .option("--live", "ask the servers of its twin as well: how much is stored, and whether every copy is current")
    .option("--out <folder>", "write review.html, review.md, review.sarif and review.json")
    .option(...json)
    .addHelpText(
      "after",
      `
Environment files of both revisions run without variables, network and other
programs. An acknowledgement that the change itself brings does not count yet.`,
    )
    .action(async (names, options) => (await import("../actions/review")).runReview(names, options));
