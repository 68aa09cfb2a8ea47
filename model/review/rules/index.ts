import type { ReviewRule } from "../rule";
import { accessRules } from "./access";
import { dataRules } from "./data";
import { hygieneRules } from "./hygiene";
import { liveRules } from "./live";
import { quorumRules } from "./quorum";

export { gainedGrants } from "./access";

/** Every rule of a change, in the order in which reports show them. */
export const reviewRules: readonly ReviewRule[] = [
  ...dataRules,
  ...quorumRules,
  ...liveRules,
  ...accessRules,
  ...hygieneRules,
];
