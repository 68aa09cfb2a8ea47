import { types } from "node:util";
import { UserError } from "./project";

/** What a system call failed with, as Node tells it. */
interface SystemError extends Error {
  code: string;
  syscall: string;
  path?: string;
  dest?: string;
}

/**
 * An error of the machine, of a network or of servers as one that the user can mend: it is no defect of natsform.
 *
 * @returns `undefined` for everything else
 */
export function circumstanceOf(error: unknown): UserError | undefined {
  if (!types.isNativeError(error) || error instanceof UserError) return undefined;
  if (isSystemError(error)) return systemError(error);
  if (saysHowServersAre(error)) return new UserError(error.message, "natsform status says what runs; then try again");
  // What fetch throws says nothing; why it failed is its cause.
  if (error.message === "fetch failed" && types.isNativeError(error.cause))
    return circumstanceOf(error.cause) ?? new UserError(`a server cannot be reached: ${error.cause.message}`);
  return undefined;
}

/** Errors of our client that say how servers are. */
const servers = new Set(["NotInTime", "NotConnectedError", "StreamPublishError"]);

function saysHowServersAre(error: Error): boolean {
  if (servers.has(error.name)) return true;
  // Loads nats.js: only who fails waits for it.
  const { isOfNats } = require("../../runtime/client/nats-errors") as typeof import("../../runtime/client/nats-errors");
  return isOfNats(error);
}

const isSystemError = (error: Error): error is SystemError =>
  typeof (error as Partial<SystemError>).code === "string" &&
  typeof (error as Partial<SystemError>).syscall === "string";

/** Codes of errno(3) that a user meets: what is wrong with the path, and what to do. */
const ofFiles: Record<string, readonly [wrong: string, fix: string]> = {
  ENOSPC: ["cannot be written: no space is left on its disk", "make room, then run the same command again"],
  EDQUOT: ["cannot be written: the disk quota is used up", "make room, then run the same command again"],
  EROFS: ["cannot be written: its file system is read-only", "use a folder that can be written"],
  EACCES: ["may not be accessed by this user", "ls -ld shows whose it is"],
  EPERM: ["may not be changed by this user", "ls -ld shows whose it is"],
  EISDIR: ["is a folder, and should be a file", "move it away, then run the same command again"],
  ENOTDIR: ["lies below something that is no folder", "move that away, then run the same command again"],
  EEXIST: ["is in the way", "move it away, then run the same command again"],
  ENOTEMPTY: ["is a folder that something else writes into", "run the same command again"],
  ENOENT: ["is missing", "restore it, or run the command that makes it"],
  ELOOP: ["is a link that leads to itself", "remove it"],
  EIO: ["cannot be read or written: its disk fails", "the system's log says why (dmesg)"],
  EMFILE: ["cannot be opened: this process has too many files open", "raise the limit: ulimit -n 4096"],
  ENFILE: ["cannot be opened: the machine has too many files open", "end other programs"],
};

/** The same for addresses. */
const ofNetworks: Record<string, string> = {
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the connection was ended by the other side",
  EPIPE: "the connection was ended by the other side",
  ETIMEDOUT: "it does not answer",
  EHOSTUNREACH: "no way leads there",
  ENETUNREACH: "no way leads there",
  ENOTFOUND: "the name is not known",
  EAI_AGAIN: "names cannot be resolved now",
  EADDRINUSE: "another program listens there",
};

function systemError(error: SystemError): UserError | undefined {
  const { code, syscall, path, dest } = error;
  if (syscall.startsWith("spawn")) {
    const missing = code === "ENOENT";
    return new UserError(
      `${path ?? syscall} cannot be started: ${missing ? "there is no such program" : code}`,
      missing ? "natsform doctor says what is missing" : "natsform doctor looks at it",
    );
  }
  const network = ofNetworks[code];
  if (network !== undefined && path === undefined) return new UserError(`${addressOf(error)}: ${network}`);
  const [wrong, fix] = ofFiles[code] ?? [];
  if (wrong === undefined) return undefined;
  return new UserError(`${dest ?? path ?? "a file"} ${wrong}`, fix);
}

function addressOf(error: SystemError): string {
  const { hostname, address, port } = error as SystemError & { hostname?: string; address?: string; port?: number };
  const host = hostname ?? address ?? error.syscall;
  return port === undefined ? host : `${host}:${port}`;
}
