import type { Trust } from "../../../model/config";
import { checkRow, type VerifyRow } from "../../core/rows";
import { trustDifferences } from "../../keys/operator-claims";

/**
 * Checks that the twin's operator says what the imported one does. What it cannot say, since that is about accounts of
 * elsewhere or about how keys are kept, is named and no failure.
 */
export async function verifyImported(trust: Trust, imported?: Trust): Promise<VerifyRow[]> {
  if (!imported) return [];
  return [
    await checkRow("servers", "accounts: claims of the imported operator", async () => {
      const differences = trustDifferences(imported, trust);
      if (differences.length === 0) return { ok: true, seen: `the same in ${Object.keys(trust.accounts).join(", ")}` };
      return {
        ok: differences.every(({ unavoidable }) => unavoidable),
        warns: true,
        seen: `not the same: ${differences.map(({ what }) => what).join("; ")}`,
      };
    }),
  ];
}
