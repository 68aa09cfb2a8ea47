import { NotInTime } from "../../runtime/client/retry";
import { NotBack, NotTaken } from "../../runtime/roll/roll";
import { UserError } from "../core/project";

/** Runs what takes servers away one after another; where it stops, the error says what is as before and the way back. */
export async function stoppingPlainly<T>(environment: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof NotTaken)
      throw new UserError(
        error.message,
        `nothing was done to ${error.server}; natsform status ${environment} and natsform audit ${environment} show the others; then the same command again`,
      );
    if (error instanceof NotBack)
      throw new UserError(
        `${error.message}\n    ${error.said}`,
        [
          "the others serve, and were left alone",
          `natsform logs ${environment} ${error.server} says more`,
          `after a change that it does not bear: put the environment's file back as it was, and natsform up ${environment}`,
        ].join("; "),
      );
    if (error instanceof NotInTime)
      throw new UserError(error.message, `natsform status ${environment}; then the same command again`);
    throw error;
  }
}
