import { Command } from "@commander-js/extra-typings";
import { jobNames } from "../core/toolbox/jobs";
import { json, storeOption } from "./options";

export const doctor = () =>
  new Command("doctor")
    .argument("[job-or-environment]", `${jobNames.join(", ")}, or an environment to deploy`, "twin")
    .description("check the prerequisites of natsform on this machine, or those of a deployment")
    .addOption(storeOption())
    .option(...json)
    .action(async (what, options) => (await import("../actions/doctor")).doctor(what, options));
