/**
 * A table in plain text: columns as wide as their widest cell, no lines. On a terminal that is too narrow the last column
 * goes on below itself.
 *
 * @param room columns of the terminal; in a pipe there is no end
 */
export function table(rows: readonly (readonly string[])[], room = roomOf(process.stdout)): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => stringWidth(row[column] ?? ""))));
  return rows
    .map((row) => {
      const cells = row.slice(0, -1).map((cell, column) => padded(cell, widths[column] ?? 0));
      const before = cells.map((cell) => `${cell}  `).join("");
      const last = wrapped(row.at(-1) ?? "", room - stringWidth(before));
      return `${before}${last.join(`\n${" ".repeat(stringWidth(before))}`)}`.trimEnd();
    })
    .join("\n");
}

/** Text without any character that is wide, or of no width: most of what is printed. */
const plain = /^[\u0020-\u007e\u2010-\u2027\u2714\u2716]*$/;

/** Columns of a text on a terminal. The library that knows all characters takes 20 ms to load. */
function stringWidth(text: string): number {
  if (plain.test(text)) return text.length;
  const { default: widthOf } = require("string-width") as typeof import("string-width");
  return widthOf(text);
}

const roomOf = ({ isTTY, columns }: NodeJS.WriteStream) => (isTTY && columns ? columns : Number.POSITIVE_INFINITY);
const padded = (cell: string, width: number) => cell + " ".repeat(Math.max(0, width - stringWidth(cell)));

/** Narrower than this, words would stand alone on their lines. */
const leastRoom = 24;

function wrapped(text: string, room: number): string[] {
  if (room < leastRoom || stringWidth(text) <= room) return [text];
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = lines.at(-1) ?? "";
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && stringWidth(longer) > room) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

export const print = (text: string) => void process.stdout.write(`${text}\n`);
export const printJson = (value: unknown) => print(JSON.stringify(value, null, 2));
