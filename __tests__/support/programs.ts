import { findAll, findNatsServer } from "../../cli/core/tools";

/** Where a program that the tests run lies; `undefined` when it is nowhere. */
export function findProgram(name: string): string | undefined {
  return name === "nats-server" ? findNatsServer() : findAll(name)[0];
}
