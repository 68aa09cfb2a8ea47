import { planted } from "../../mutants/list";
import { nameOf, type Planted } from "../../mutants/planted";
import { readRecord } from "../../mutants/record";

/** docs/mutants.md */
export function mutantsReference(): string {
  const record = readRecord();
  const outcomeOf = (one: Planted) => record[nameOf(one)];
  const noticed = planted.filter((one) => "by" in (outcomeOf(one) ?? {}));
  const living = planted.filter((one) => "lives" in (outcomeOf(one) ?? {}));
  const open = planted.length - noticed.length - living.length;
  const cell = (one: Planted) => {
    const outcome = outcomeOf(one);
    if (!outcome) return "not tried yet";
    return "by" in outcome
      ? `${outcome.by.replace("__tests__/", "")}: ${outcome.test}`
      : `**lives**: ${one.lives ?? ""}`;
  };
  const files = [...new Set(planted.map(({ file }) => file))];
  return `${[
    "# Planted weakenings",
    "",
    "A line of security or durability that can be deleted without a red test is untested. `mutants/list/` plants such",
    "deletions: each changes one place of one file, still compiles, and says what the program then does wrong. `make mutants`",
    "tries them one by one against the fast tests, and ends with an error when less than 98 % are noticed, or when one lives",
    "without a reason.",
    "",
    "Fast are all tests but those in `__tests__/truth/` and `__tests__/acceptance/`, which start servers, Terraform and other",
    "programs that take seconds. A weakening counts as noticed when a fast test fails that passes without it, in jest's own",
    "process: what a test starts as a child process is not weakened. One that the compiler refuses proves nothing, and is an",
    "error of the list.",
    "",
    "```sh",
    "make mutants                              # all of them",
    'make mutants ARGS="--only auth-callout"   # those with this in their file or words',
    'make mutants ARGS="--open"                # those that lived the last time, or are new',
    'make mutants ARGS="--json --jobs 4"       # outcomes as JSON; four at a time',
    "```",
    "",
    "Who adds such a line adds its weakening; `__tests__/mutants.test.ts` says when a place of the list has moved.",
    "",
    `Last run: ${noticed.length} of ${planted.length} noticed${open > 0 ? `, ${open} not tried yet` : ""}.`,
    "",
    ...(living.length > 0
      ? ["## What lives", "", "| weakening | why |", "| --- | --- |"]
          .concat(living.map((one) => `| ${cellText(nameOf(one))} | ${cellText(one.lives ?? "")} |`))
          .concat("")
      : []),
    ...files.flatMap((file) => [
      `## ${file}`,
      "",
      "| weakened, so that | noticed by |",
      "| --- | --- |",
      ...planted.filter((one) => one.file === file).map((one) => `| ${cellText(one.says)} | ${cellText(cell(one))} |`),
      "",
    ]),
  ]
    .join("\n")
    .trimEnd()}\n`;
}

const cellText = (text: string) =>
  text.replace(/\|/g, "\\|").replace(/[<>]/g, (mark) => (mark === "<" ? "&lt;" : "&gt;"));
