import { z } from "zod";

/** A line of the program's log. */
const Line = z.looseObject({
  level: z.number(),
  msg: z.string(),
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

/** What people see of a line of the log; nothing of most. */
export function toText(line: Line | string): string | undefined {
  if (typeof line === "string") return `  ${line}`;
  const { msg, stream, consumer, what, level, error } = line;
  const mark = line.result === "different" ? "✖" : "✔";
  switch (msg) {
    case "backed up":
      return `  ✔ ${stream}: ${line.messages} messages, ${line.bytes} bytes stored`;
    case "hole":
    case "shrunk":
      return `  ! ${consumer ? `${stream}/${consumer}` : stream}: ${what}`;
    case "backup ends":
      return `  ${line.id}${line.complete ? "" : ", incomplete"}`;
    case "backup":
      return `  ${line.id}  ${line.state}${countsOf(line)}`;
    case "planned":
      return `  ${planned[line.kind as keyof typeof planned] ?? "?"} ${stream}: ${line.reason}`;
    case "drilled":
      return `  ${mark} ${stream}: ${what}`;
    case "restored":
      return [`  ${mark} ${stream}: restored, ${what}`, ...remarksOf(line)].join("\n");
    case "proven":
      return `  ${line.id} is proven`;
    case "not proven":
      return `  ${line.id} is not proven`;
  }
  if (msg.startsWith("dry run")) return "  dry run: --apply restores";
  return level >= 40 ? `  ${level >= 50 ? "✖" : "!"} ${[stream, msg, error].filter(Boolean).join(": ")}` : undefined;
}

function countsOf({ streams, messages, bytes, holes, problem }: Line): string {
  if (streams === undefined) return problem === undefined ? "" : `  ${problem}`;
  return `  ${streams} streams  ${messages} messages  ${bytes} bytes  ${holes} holes`;
}

const Consumers = z.array(z.looseObject({ name: z.string(), remark: z.string().optional() })).catch([]);

const remarksOf = ({ stream, consumers }: Line): string[] =>
  Consumers.parse(consumers).flatMap(({ name, remark }) => (remark ? [`  ! ${stream}/${name}: ${remark}`] : []));
