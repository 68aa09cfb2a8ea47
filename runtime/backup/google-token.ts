import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { errorMessage } from "../common/error-message";
import { TargetError } from "./target";

const Token = z.object({ access_token: z.string().min(1), expires_in: z.number() });

/** Where Google's cloud gives tokens; `GCE_METADATA_HOST` is the variable that its own clients read for another one. */
export const googleMetadata = "metadata.google.internal";

/** Before a token ends; the metadata server has a new one some minutes before. */
const earlyMs = 120_000;
/** In a new pod on GKE the metadata server may not answer for some seconds. */
const pausesMs = [500, 1000, 2000, 4000, 8000, 8000];

/**
 * Tokens of the identity that Google's cloud gives to this workload, each asked for once as long as it is valid.
 *
 * @param host of the metadata server
 * @throws TargetError with what to do, when it gives none
 */
export function googleTokens(host: string, pauses: readonly number[] = pausesMs): () => Promise<string> {
  const url = `http://${host}/computeMetadata/v1/instance/service-accounts/default/token`;
  let current: { token: string; until: number } | undefined;
  const ask = async () => {
    const headers = { "metadata-flavor": "Google" };
    const answer = await fetch(url, { headers, redirect: "error", signal: AbortSignal.timeout(5000) });
    const text = await answer.text();
    // Whatever else answers at this name is no metadata server.
    if (answer.headers.get("metadata-flavor") !== "Google") throw new Error("it is no metadata server of Google's");
    if (!answer.ok) throw new Error(`${answer.status} ${text.slice(0, 200)}`);
    const { access_token, expires_in } = Token.parse(JSON.parse(text));
    return { token: access_token, until: Date.now() + expires_in * 1000 - earlyMs };
  };
  return async () => {
    for (let attempt = 0; !current || Date.now() >= current.until; attempt++) {
      try {
        current = await ask();
        break;
      } catch (error) {
        const pause = pauses[attempt];
        if (pause === undefined)
          throw new TargetError(
            `${host} gives no token for this workload (${errorMessage(error)}): use workload identity on GKE, or an HMAC key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`,
          );
        await sleep(pause);
      }
    }
    return current?.token ?? "";
  };
}
