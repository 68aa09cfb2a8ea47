import type { Rule } from "../lint";
import type { ReviewInput } from "./model";

/** A rule over a change. An error blocks the change; a warning needs somebody who says that it is wanted. */
export type ReviewRule = Rule<ReviewInput>;
