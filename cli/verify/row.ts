/** One thing that was proven, or was not, with what was seen. */
export interface Row {
  group: "servers" | "certificates" | "streams" | "callout";
  what: string;
  ok: boolean;
  seen: string;
}

export type Proof = { ok: boolean; seen: string };

/** Runs a proof; one that throws has failed with its message. */
export async function prove(group: Row["group"], what: string, proof: () => Promise<Proof>): Promise<Row> {
  try {
    return { group, what, ...(await proof()) };
  } catch (error) {
    return {
      group,
      what,
      ok: false,
      seen: error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error),
    };
  }
}
