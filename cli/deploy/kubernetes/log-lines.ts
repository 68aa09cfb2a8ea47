import { z } from "zod";

const Line = z.looseObject({
  level: z.number(),
  msg: z.string().default(""),
  stream: z.string().optional(),
  consumer: z.string().optional(),
  kind: z.string().optional(),
  reason: z.string().optional(),
  error: z.unknown().optional(),
});

const warning = 40;

/** Warnings and errors of a program's log as text, or all lines when it has none. */
export function readableLog(text: string): string[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const entries = lines.map((line) => ({ line, parsed: parse(line) }));
  const bad = entries.filter(({ parsed }) => !parsed || parsed.level >= warning);
  return (bad.length > 0 ? bad : entries).map(({ line, parsed }) => (parsed ? lineText(parsed) : line));
}

function lineText({ msg, stream, consumer, kind, reason, error }: z.output<typeof Line>): string {
  const what = [stream, consumer].filter(Boolean).join("/");
  const cause = error === undefined ? "" : typeof error === "string" ? error : JSON.stringify(error);
  return [what, kind, reason ?? cause, msg].filter(Boolean).join(": ");
}

function parse(line: string): z.output<typeof Line> | undefined {
  try {
    return Line.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
