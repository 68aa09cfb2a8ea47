import { isDeepStrictEqual } from "node:util";
import type { Change, StreamAction } from "./action";
import type { Verdict } from "./rules";
import type { Known } from "./server-config";

/** Permissions of the operator, and the environment that they are given for. */
export interface Permissions {
  /** The environment. Only what is stamped with it is ever deleted. */
  readonly owner: string;
  readonly allowDataLoss: ReadonlySet<string>;
  readonly allowRecreate: ReadonlySet<string>;
}

export type Decision = Pick<StreamAction, "kind" | "changes" | "reason" | "loss">;

export interface Judge<Settings> {
  readonly field: (field: keyof Settings) => Verdict;
  readonly lasting: Readonly<Record<string, string>>;
  /** Content that is lost when it is recreated. */
  readonly everything: string;
}

/** One decision from the verdicts on every changed field: the gravest wins, and the reason names them all. */
export function decide<Settings extends object>(
  name: string,
  found: Known<Settings>,
  desired: Settings,
  { owner, allowDataLoss, allowRecreate }: Permissions,
  judge: Judge<Settings>,
): Decision {
  const fields = (Object.keys(desired) as (keyof Settings & string)[]).filter(
    (field) => !isDeepStrictEqual(found.settings[field], desired[field]),
  );
  const changes: Change[] = [
    ...fields.map((field) => ({ field, from: found.settings[field], to: desired[field] })),
    ...Object.entries(found.features).map(([field, from]) => ({ field, from })),
  ];
  if (found.owner !== undefined && found.owner !== owner)
    return { kind: "conflict", changes, reason: `it belongs to the environment ${found.owner}; rename one of the two` };

  const ours = found.owner === owner;
  const verdicts = new Map<string, Verdict>(fields.map((field) => [field, judge.field(field)]));
  for (const feature of Object.keys(found.features)) {
    const why = judge.lasting[feature];
    // On what is ours it is drift. Others have it on purpose: a stream that copies from others would stand still without.
    const off: Verdict = ours ? { how: "in-place" } : { how: "loss", what: switchedOff };
    verdicts.set(feature, why === undefined ? off : { how: "recreate", why });
  }
  const impossible = [...verdicts].flatMap(([field, v]) => (v.how === "recreate" ? [`${field}: ${v.why}`] : []));
  const losses = [...verdicts].flatMap(([field, v]) => (v.how === "loss" ? [`${field}: ${v.what}`] : []));

  const foreignNote = ours ? "" : "it exists and was not made by natsform; ";
  if (impossible.length > 0) {
    const reason = foreignNote + impossible.join("; ");
    const loss = judge.everything;
    if (ours && allowRecreate.has(name)) return { kind: "recreate", changes, loss, reason };
    return { kind: "recreate-refused", changes, loss, reason: `${reason}. ${alternatives(name, ours)}` };
  }
  const loss = losses.length > 0 ? losses.join("; ") : undefined;
  if (loss && !allowDataLoss.has(name)) {
    const reason = `${foreignNote}the change would lose ${loss}. Allow it with --allow-data-loss ${name}`;
    return { kind: "data-loss", changes, loss, reason };
  }
  if (!ours) return { kind: "adopt", changes, loss, reason: `${foreignNote}apply adopts it` };
  if (changes.length === 0) return { kind: "no-change", changes, reason: "it is as desired" };
  return { kind: "update", changes, loss, reason: "it differs from the configuration" };
}

const switchedOff = "it would be switched off, since a specification cannot express it";

/** Streams and consumers that are not ours are never deleted, whatever is allowed. */
const alternatives = (name: string, ours: boolean) =>
  `Make a new one beside it and move readers and writers${ours ? `, or lose ${name} as it is with --allow-recreate ${name}` : ""}`;
