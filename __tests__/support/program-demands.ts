import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ProgramModel, StackFamily } from "../../model/topology";
import { all, repository, type Stack } from "./stacks";

/** Where a stack of each family shows that it runs a program as a function, or as a container. */
const runsIn: Record<StackFamily, Record<"function" | "image", (stack: Stack, program: string) => boolean>> = {
  aws: {
    function: (stack, program) =>
      Object.values(all(stack, "aws_lambda_function")).some(({ function_name: name }) =>
        String(name).endsWith(`-${program}`),
      ),
    image: (stack, program) =>
      Object.values(stack.data.aws_ecr_image ?? {}).some(({ repository_name: name }) =>
        String(name).endsWith(`/${program}`),
      ),
  },
  kubernetes: {
    function: () => false,
    image: (stack, program) => stack.text.includes(`natsform/${program}:`),
  },
};

/** What a program's row promises and nobody has made yet, in words; empty when it is complete. */
export function missingOf(name: string, { runs, standalone }: ProgramModel, stacks: readonly Stack[]): string[] {
  const ways = Object.entries(runs) as [StackFamily, "function" | "image"][];
  const files = [
    "env.ts",
    ...(standalone || ways.some(([, as]) => as === "image") ? ["main.ts", "Dockerfile"] : []),
    ...(ways.some(([, as]) => as === "function") ? ["index.ts"] : []),
  ];
  return [
    ...files.map((file) => `runtime/${name}/${file}`).filter((file) => !existsSync(join(repository, file))),
    ...ways
      .filter(([family, as]) => !stacks.some((stack) => runsIn[family][as](stack, name)))
      .map(([family]) => `no stack on ${family} runs ${name}`),
  ];
}
