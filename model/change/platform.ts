import { type ClusterTopology, platformModel } from "../topology";
import type { ChangeReason } from "./model";
import { differences, isSame } from "./same";

/** Causes in the settings of a cluster's platform, and what surrounds its servers and changes. */
export function platformReasons(
  old: ClusterTopology,
  { platform, certificates }: ClusterTopology,
): { reasons: ChangeReason[]; around: string[] } {
  const model = platformModel(old.platform);
  // Of another kind there is no entry to ask but the one of before: everything is elsewhere then.
  const isSameKind = platformModel(platform) === (model as unknown);
  const changed = isSameKind ? differences(model.ofServers(old.platform), model.ofServers(platform)) : ["kind"];
  const effects = model.changes as Readonly<Record<string, (typeof model.changes)["kind"]>>;
  const reasons = changed.flatMap((setting): ChangeReason[] => {
    const effect = effects[setting] ?? "restart";
    return effect === "around" || effect === "compared" ? [] : [{ at: `platform.${setting}`, effect }];
  });
  if (!isSameKind) return { reasons, around: [] };
  // The agent beside each server is told what its certificates are for, and another task is another server.
  if (platform.kind === "aws-ecs" && !isSame(old.certificates, certificates))
    reasons.push({ at: "certificates", effect: "restart", why: "tasks on ECS are told the names in them" });
  const around = differences(old.platform, platform).filter(
    (setting) =>
      setting !== "chart" && effects[setting] !== "compared" && !reasons.some(({ at }) => at === `platform.${setting}`),
  );
  return { reasons, around };
}
