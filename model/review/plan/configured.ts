import type { PlanJson, ResourceJson } from "./format";
import { below, marks } from "./within";

/** Address in the configuration: of all that a count or a key makes of it. */
export const configured = (address: string): string => address.replace(/\[(?:\d+|".*")\]$/, "");

/**
 * Whether the code gives an attribute of a resource; undefined: the document does not say. What nobody gave and is known after
 * apply is the provider's own.
 */
export function isGiven(plan: PlanJson, { address }: ResourceJson, name: string): boolean | undefined {
  const written = plan.synthesized?.[address];
  if (typeof written === "object" && written !== null) return Object.hasOwn(written, name);
  const resources = plan.configuration?.root_module?.resources ?? [];
  const found = resources.find((one) => one.address === configured(address));
  return found && Object.hasOwn(found.expressions ?? {}, name);
}

/** Whether something of an attribute is known after apply. */
export function isUnknown(change: { after_unknown?: unknown }, name: string): boolean {
  const { after_unknown: unknown } = change;
  return unknown === true || marks(below(unknown, name));
}
