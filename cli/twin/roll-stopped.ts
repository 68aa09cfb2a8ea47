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
        [
          `nothing was taken from ${error.server}; natsform status ${environment} and natsform audit ${environment} show the others`,
          `another one that is wounded: natsform heal ${environment} SERVER`,
          `a stream without another good copy: natsform backup run ${environment} keeps what can be read, and what it lost may be in the newest backup`,
        ].join("; "),
      );
    if (error instanceof NotBack)
      throw new UserError(
        `${error.message}\n    ${error.said}`,
        [
          "the others serve, and were left alone",
          `natsform logs ${environment} ${error.server} says more`,
          `where its disk is damaged: natsform heal ${environment} ${error.server}`,
          `after a change that it does not bear: put the environment's file back as it was, and natsform up ${environment}`,
        ].join("; "),
      );
    if (error instanceof NotInTime)
      throw new UserError(error.message, `natsform status ${environment}; then the same command again`);
    throw error;
  }
}
