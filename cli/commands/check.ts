import { Command } from "@commander-js/extra-typings";
import { json } from "./options";

export const check = () =>
  new Command("check")
    .argument("[environments...]", "names; without any, every environment of the project")
    .description("check whether environments may be deployed: their files, docs/reference/rules.md, chart values")
    .option(...json)
    .action(async (names, options) => (await import("../actions/check")).check(names, options));
