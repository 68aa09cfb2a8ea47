import type { ConsumerSettings, StreamSettings } from "./stream-settings";

/** Kinds that change something on a server. */
export const APPLIED = ["create", "update", "adopt", "recreate", "delete"] as const;
/** Kinds that keep the whole plan from being applied. */
export const REFUSED = ["recreate-refused", "data-loss", "conflict"] as const;
/** Kinds that are reported and left alone. */
export const LEFT = ["no-change", "orphan"] as const;

export type ActionKind = (typeof APPLIED)[number] | (typeof REFUSED)[number] | (typeof LEFT)[number];

/** One field; `from` is absent for what does not exist yet, `to` for a feature that is turned off. */
export interface Change {
  readonly field: string;
  readonly from?: unknown;
  readonly to?: unknown;
}

interface ActionBase {
  readonly kind: ActionKind;
  readonly stream: string;
  readonly changes: readonly Change[];
  /** Reason for this kind, and for a refusal what to do: sentences for the operator. */
  readonly reason: string;
  /** Data that is gone once this is applied: refused with `data-loss`, allowed by the operator otherwise. */
  readonly loss?: string;
}

export interface StreamAction extends ActionBase {
  readonly consumer?: undefined;
  /** Settings of the stream after this step. */
  readonly settings?: StreamSettings;
}

export interface ConsumerAction extends ActionBase {
  readonly consumer: string;
  readonly settings?: ConsumerSettings;
}

export type Action = StreamAction | ConsumerAction;

/** Returns whether applying it would do nothing: neither a change nor a refusal. */
export const isEmpty = (plan: readonly Action[]): boolean => plan.every(({ kind }) => isOneOf(LEFT, kind));

export const refusals = (plan: readonly Action[]): Action[] => plan.filter(({ kind }) => isOneOf(REFUSED, kind));

export function isOneOf<Kind extends ActionKind>(kinds: readonly Kind[], kind: ActionKind): kind is Kind {
  return (kinds as readonly ActionKind[]).includes(kind);
}
