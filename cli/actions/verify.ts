import { counted } from "../core/counted";
import { silentHost } from "../core/host";
import { print, printJson } from "../core/output";
import { rowLine } from "../core/row-line";
import type { VerifyRow } from "../core/rows";
import { verifyTwin } from "../twin/verify/verify";

export async function verify(name: string, { json, all }: { json?: boolean; all?: boolean }): Promise<void> {
  const groups = new Groups(all ?? false);
  const host = { ...silentHost(false), ...(!json && { report: groups.report }) };
  const verified = await verifyTwin(name, {}, host);
  const { ok, rows } = verified;
  if (!ok) process.exitCode = 1;
  if (json) {
    printJson(verified);
    return;
  }
  groups.end();
  const failed = rows.filter((row) => !row.ok).length;
  print(`\n${name}: ${rows.length - failed} of ${rows.length} rows proven${failed > 0 ? `, ${failed} FAILED` : ""}`);
}

/** Prints a line for each group whose rows all hold, and every row of the others. */
class Groups {
  #rows: VerifyRow[] = [];
  constructor(private readonly all: boolean) {}

  report = (event: { code: string; row?: unknown }): void => {
    if (event.code !== "row") return;
    const row = event.row as VerifyRow;
    if (this.#rows[0] && this.#rows[0].group !== row.group) this.end();
    this.#rows.push(row);
  };

  end(): void {
    const rows = this.#rows.splice(0);
    const [first] = rows;
    if (!first) return;
    if (this.all || rows.some(({ ok, warns }) => !ok || warns)) for (const row of rows) print(rowLine(row));
    else
      print(
        rowLine({
          group: first.group,
          what: counted(rows.length, "row"),
          ok: true,
          seen: "all hold; --all shows them",
        }),
      );
  }
}
