/** An environment that a program cannot run with. The message names every problem; none of them holds a secret. */
export class EnvironmentError extends Error {
  override readonly name = "EnvironmentError";
  constructor(
    message: string,
    readonly problems: readonly string[] = [message],
  ) {
    super(message);
  }
}

/** Error with all problems of a program's environment, one line for each. */
export const wrongEnvironment = (program: string, problems: readonly string[]): EnvironmentError =>
  new EnvironmentError(
    `the environment of ${program} is wrong:\n${problems.map((problem) => `  ${problem}`).join("\n")}`,
    problems,
  );
