import { parseKeys } from "../../runtime/backup/keys";
import { readCreds } from "./read-jwts";
import { pairOf } from "./seeds";

/** Public half of a key of a store: of a seed, of creds their user's; of backup keys the first one's id. */
export function publicHalf(text: string): string {
  try {
    if (text.startsWith("-----")) {
      const creds = readCreds(text);
      return "value" in creds ? creds.value.sub : "unreadable";
    }
    if (/^S[OAUXN][A-Z2-7]{50,}$/.test(text)) return pairOf(text).getPublicKey();
    return parseKeys(text)[0]?.id ?? "unreadable";
  } catch {
    return "unreadable";
  }
}
