import { z } from "zod";

/** A line of the program's log. */
const Line = z.looseObject({
  level: z.number(),
  msg: z.string(),
  id: z.string().optional(),
  stream: z.string().optional(),
  consumer: z.string().optional(),
  what: z.string().optional(),
  error: z.string().optional(),
});
export type Line = z.output<typeof Line>;

/** The line as data; text that is none stays text. */
export function parseLine(text: string): Line | string {
  try {
    return Line.parse(JSON.parse(text));
  } catch {
    return text;
  }
}

const planned = { restore: "+", replace: "~", refused: "!" } as const;

type Fields<Keys extends string> = { readonly [Key in Keys]?: unknown };

/** Texts about backups: for a twin's commands and for the log of a deployed program. */
export const texts = {
  backedUp: ({ stream, messages, bytes }: Fields<"stream" | "messages" | "bytes">) =>
    `  ✔ ${stream}: ${messages} messages, ${bytes} bytes stored`,
  remark: ({ stream, consumer, what }: Fields<"stream" | "consumer" | "what">) =>
    `  ! ${consumer ? `${stream}/${consumer}` : stream}: ${what}`,
  planned: ({ stream, kind, reason }: Fields<"stream" | "kind" | "reason">) =>
    `  ${planned[kind as keyof typeof planned] ?? "?"} ${stream}: ${reason}`,
  /** In a drill nothing ages: anything but `same` is a failure. */
  drilled: ({ stream, result, what }: Fields<"stream" | "result" | "what">) =>
    `  ${result === "same" ? "✔" : "✖"} ${stream}: ${what}`,
  restored: (
    { stream, result, what }: Fields<"stream" | "result" | "what">,
    consumers: readonly { name: string; remark?: string }[],
  ) =>
    [
      `  ${result === "different" ? "✖" : "✔"} ${stream}: restored, ${what}`,
      ...consumers.flatMap(({ name, remark }) =>
        remark ? [texts.remark({ stream, consumer: name, what: remark })] : [],
      ),
    ].join("\n"),
  dryRun: "  dry run: --apply restores the streams",
};

/** One backup of a list, in columns. */
export function columnsOf(
  listed: Fields<"id" | "state" | "streams" | "messages" | "bytes" | "holes" | "problem">,
): string[] {
  const { id, state, streams, messages, bytes, holes, problem } = listed;
  const counts = [`${streams} streams`, `${messages} messages`, `${bytes} bytes`, `${holes} holes`];
  return [`  ${id}`, `${state}`, ...(streams !== undefined ? counts : problem !== undefined ? [`${problem}`] : [])];
}

/** Text shown for a line of the log; `undefined` for most lines. */
export function toText(line: Line | string): string | undefined {
  if (typeof line === "string") return `  ${line}`;
  const { msg, stream, level, error } = line;
  switch (msg) {
    case "backed up":
      return texts.backedUp(line);
    case "hole":
    case "shrunk":
      return texts.remark(line);
    case "backup ends":
      return `  ${line.id}${line.complete ? "" : ", incomplete"}`;
    case "backup":
      return columnsOf(line).join("  ");
    case "planned":
      return texts.planned(line);
    case "drilled":
      return texts.drilled(line);
    case "restored":
      return texts.restored(line, Consumers.parse(line.consumers));
    case "proven":
      return `  ${line.id} is proven`;
    case "not proven":
      return `  ${line.id} is not proven`;
  }
  if (msg.startsWith("dry run")) return texts.dryRun;
  return level >= 40 ? `  ${level >= 50 ? "✖" : "!"} ${[stream, msg, error].filter(Boolean).join(": ")}` : undefined;
}

const Consumers = z.array(z.looseObject({ name: z.string(), remark: z.string().optional() })).catch([]);
