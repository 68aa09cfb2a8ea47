import { table } from "./output";
import type { Row } from "./rows";

/** A row as one line, aligned with others. */
export const rowLine = ({ ok, warns, group, what, seen }: Row): string =>
  table([[ok ? (warns ? "!" : "✔") : "✖", group.padEnd(12), what.padEnd(52), seen]]);
