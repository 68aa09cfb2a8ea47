import type { ResourceChange } from "../model";
import type { ResourceJson } from "./format";

type Word = ResourceChange["action"];

const words: Readonly<Record<string, Word>> = {
  create: "made",
  update: "changed",
  delete: "destroyed",
  forget: "abandoned",
  "delete,create": "replaced, with a gap",
  "create,delete": "replaced, overlapping",
  // What was there goes on without anybody who owns it, beside a new one.
  "create,forget": "abandoned",
};

/** Actions in the order of reports: what nobody knows and what destroys first. */
export const actionOrder: readonly Word[] = [
  ...(["unknown", "destroyed", "abandoned", "replaced, with a gap", "replaced, overlapping"] as const),
  ...(["changed", "made", "adopted", "moved"] as const),
];

/** What happens to a resource in our words; undefined: nothing. An action of a later format is `unknown`. */
export function actionOf({ change, previous_address }: ResourceJson): Word | undefined {
  const key = change.actions.join();
  if (key === "no-op" || key === "read" || key === "") {
    if (change.importing) return "adopted";
    return previous_address === undefined ? undefined : "moved";
  }
  return words[key] ?? "unknown";
}

/** Why Terraform does it, in a sentence, by `action_reason`. */
const reasons: Readonly<Record<string, string>> = {
  replace_because_tainted: "an earlier apply left it half made",
  replace_because_cannot_update: "its provider cannot change it in place",
  replace_by_request: "it was asked for by hand",
  replace_by_triggers: "something that it is made again with changes",
  delete_because_no_resource_config: "the configuration no longer has it",
  delete_because_wrong_repetition: "the configuration counts it otherwise",
  delete_because_count_index: "there are fewer of it",
  delete_because_each_key: "its key is gone",
  delete_because_no_module: "its module is gone",
  delete_because_no_move_target: "what it would be moved to is not there",
  read_because_config_unknown: "what it is read by is made by this plan",
  read_because_dependency_pending: "something before it changes",
  read_because_check_nested: "a check reads it",
};

export const whyOf = ({ action_reason: reason }: Pick<ResourceJson, "action_reason">): string | undefined =>
  reason === undefined || reason === "none"
    ? undefined
    : (reasons[reason] ?? `for a reason that natsform does not know: ${reason}`);
