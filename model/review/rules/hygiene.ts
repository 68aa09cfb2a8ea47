import { isSame } from "../../change";
import type { ReviewRule } from "../rule";

const backendChanged: ReviewRule = {
  id: "backend-changed",
  severity: "error",
  title: "Terraform's state lies elsewhere",
  reason: "A new place is an empty state: everything would be planned to be made a second time.",
  fix: "deploy with --migrate-state, in a change of its own",
  check: ({ before, after }) =>
    before && after && !isSame(before.environment.backend, after.environment.backend)
      ? [
          {
            at: "backend",
            message: `${placeOf(before.environment.backend)} becomes ${placeOf(after.environment.backend)}`,
          },
        ]
      : [],
};

const placeOf = (backend: { kind: string; bucket?: string; prefix?: string }) =>
  [backend.kind, backend.bucket, backend.prefix].filter(Boolean).join(" ");

const baseUnreadable: ReviewRule = {
  id: "before-unreadable",
  severity: "warning",
  title: "The environment of before cannot be read",
  reason: "What changes is the difference to it: nobody knows what is deployed.",
  fix: "compare with a revision that can be read, with --from",
  check: ({ unreadable }) => (unreadable === undefined ? [] : [{ at: "", message: unreadable, cannotTell: true }]),
};

/** Files that decide which code and which providers make the plan. */
const tools = /(^|\/)(package\.json|package-lock\.json|\.terraform\.lock\.hcl|cdktf\.json)$/;

const toolsChanged: ReviewRule = {
  id: "tools-changed",
  severity: "warning",
  title: "The versions of natsform, its packages or Terraform's providers may change",
  reason: "The same environment can then be another plan: what differs is not in the environment file.",
  fix: "raise versions in a change of their own, and review its Terraform plan",
  check: ({ files, before }) =>
    before ? files.filter((file) => tools.test(file)).map((file) => ({ at: file, message: `${file} changes` })) : [],
};

const otherCode: ReviewRule = {
  id: "plan-of-other-code",
  severity: "error",
  title: "A plan was made from another state of the repository",
  reason: "What was reviewed is not what would be applied.",
  fix: "plan what is checked out, and review that plan",
  check: ({ planned }) =>
    (planned?.otherCode ?? []).map((name) => ({
      at: `clusters.${name}`,
      message: `servers of ${name} would be made from something else than the repository says`,
    })),
};

const otherDeployed: ReviewRule = {
  id: "deployed-differs",
  severity: "warning",
  title: "What is deployed is not what the repository said before",
  reason: "The deployment brings about what others have merged, or have not deployed, together with this change.",
  fix: "deploy the revision of before first; or see that all of it is wanted now: it is what this report shows",
  check: ({ planned }) =>
    (planned?.otherDeployed ?? []).map((name) => ({
      at: `clusters.${name}`,
      message: `servers of ${name} run something else than the revision of before says`,
    })),
};

export const hygieneRules: readonly ReviewRule[] = [
  otherCode,
  baseUnreadable,
  backendChanged,
  otherDeployed,
  toolsChanged,
];
