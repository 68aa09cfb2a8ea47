import { NotInTime } from "../../runtime/client/retry";
import { NotBack, NotTaken } from "../../runtime/roll/roll";
import { UserError } from "../core/project";

/** Runs what restarts deployed servers one after another; where it stops, the error says what is as before and the way back. */
export async function stoppingRoll<T>(environment: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NotTaken)
      throw new UserError(
        error.message,
        [
          `nothing was taken from ${error.server}, and servers that were not reached run as before`,
          `mend what is named, then natsform deploy ${environment} goes on`,
          `a stream that may lose what it names: --allow-data-loss STREAM`,
        ].join("; "),
      );
    if (error instanceof NotBack)
      throw new UserError(
        error.said === "" ? error.message : `${error.message}\n    ${error.said.replaceAll("\n", "\n    ")}`,
        [
          "the others serve, and were left alone",
          `after a change that it does not bear: put the environment's file back as it was, and natsform deploy ${environment}`,
        ].join("; "),
      );
    if (error instanceof NotInTime)
      throw new UserError(
        error.message,
        `servers that were not reached run as before; natsform deploy ${environment} goes on`,
      );
    throw error;
  }
}
