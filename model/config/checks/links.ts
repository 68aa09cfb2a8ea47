import type { Problem } from "../problem";
import { type Check, clustersOf, type Dict, dict, list, unknownName } from "./raw";

/** A leaf as it is written: a cluster's `leafOf`, or one of a hub's `foreignLeafs`. */
export interface WrittenLeaf {
  path: Problem["path"];
  accounts: unknown[];
  /** What its links may carry, by account. */
  links: [string, Dict][];
}

export const leafsOf = (env: Dict): WrittenLeaf[] =>
  clustersOf(env).flatMap(([name, { leafOf, foreignLeafs }]) => [
    ...(leafOf === undefined ? [] : [written(["clusters", name, "leafOf"], dict(leafOf))]),
    ...Object.entries(dict(foreignLeafs)).map(([leaf, value]) =>
      written(["clusters", name, "foreignLeafs", leaf], dict(value)),
    ),
  ]);

const written = (path: Problem["path"], { accounts = ["APP"], links }: Dict): WrittenLeaf => ({
  path,
  accounts: list(accounts),
  links: Object.entries(dict(links)).map(([account, value]) => [account, dict(value)]),
});

/** Rights of links are for accounts that are linked, and complete where something is added to them. */
export const linkRights: Check = (env) =>
  leafsOf(env).flatMap(({ path, accounts, links }) =>
    links.flatMap(([account, { publish, uses, allowResponses }]): Problem[] => {
      const at = [...path, "links", account];
      const known = accounts.filter((name) => typeof name === "string");
      const problems = known.includes(account) ? [] : [unknownName(at, account, "linked account", known)];
      const added =
        Object.keys(dict(uses)).length > 0 ? "uses" : allowResponses === true ? "allowResponses" : undefined;
      if (added !== undefined && publish === undefined)
        problems.push({
          path: [...at, "publish"],
          got: undefined,
          message: `is required with ${added}: NATS puts what is closed before what is allowed, so both cannot be said without a list`,
          fix: "list the subjects; publish: {} for none but those",
        });
      return problems;
    }),
  );
