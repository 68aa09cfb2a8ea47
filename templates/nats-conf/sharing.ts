import type { AccountTopology } from "../../model/topology";
import type { ConfObject } from "./tree";

/** What an account shares with others, in configuration mode. */
export function sharingConf({ exports, imports }: AccountTopology): ConfObject {
  return {
    exports: whenAny(
      exports.map(({ kind, subject, accounts, response }) => ({
        [kind]: subject,
        accounts: accounts && [...accounts],
        response: response === "stream" ? response : undefined,
      })),
    ),
    imports: whenAny(
      imports.map(({ kind, account, subject, to }) => ({
        [kind]: { account, subject },
        to: to === subject ? undefined : to,
      })),
    ),
  };
}

const whenAny = (list: ConfObject[]) => (list.length > 0 ? list : undefined);
