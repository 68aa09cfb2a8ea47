import { randomBytes } from "node:crypto";
import nacl from "tweetnacl";
import { memoizeRecent } from "../common/memoize";
import { formatPublicKey, publicKeyBytes, seedBytes } from "../nkeys/nkey";

/**
 * A curve key that opens and seals boxes of NATS's format `xkv1 | nonce | box`.
 *
 * The agreement on a shared key costs 2.5 ms in JavaScript, the box itself microseconds: shared keys are kept for the
 * last {@link MAX_PEERS} peers.
 */
export interface Xkey {
  readonly publicKey: string;
  /** The content, or undefined when the box is damaged or for another key. */
  open(box: Uint8Array, sender: string): Uint8Array | undefined;
  /** Throws when `recipient` is no public xkey. */
  seal(content: Uint8Array, recipient: string): Uint8Array;
}

/** More servers than one callout ever answers, and few enough that invented peers cannot fill the memory. */
const MAX_PEERS = 512;
const VERSION = Buffer.from("xkv1");

/** The xkey of a seed `SX…`; undefined when the text is no such seed. */
export function xkey(seed: string): Xkey | undefined {
  const bytes = seedBytes("X", seed);
  return bytes && xkeyFromBytes(bytes);
}

/** A new xkey that belongs to no server, for probes. */
export const throwawayXkey = (): Xkey => xkeyFromBytes(randomBytes(nacl.box.secretKeyLength));

function xkeyFromBytes(secret: Uint8Array): Xkey {
  const ownSecret = Uint8Array.from(secret);
  const sharedKey = memoizeRecent(MAX_PEERS, (peer) => {
    const bytes = publicKeyBytes("X", peer);
    return bytes && nacl.box.before(Uint8Array.from(bytes), ownSecret);
  });

  return {
    publicKey: formatPublicKey("X", nacl.scalarMult.base(ownSecret)),

    open(box, sender) {
      const nonceEnd = VERSION.length + nacl.box.nonceLength;
      if (box.length <= nonceEnd || !VERSION.equals(box.subarray(0, VERSION.length))) return undefined;
      const shared = sharedKey(sender);
      return (
        (shared && nacl.box.open.after(box.subarray(nonceEnd), box.subarray(VERSION.length, nonceEnd), shared)) ??
        undefined
      );
    },

    seal(content, recipient) {
      const shared = sharedKey(recipient);
      if (!shared) throw new Error("the recipient must be a public xkey X…");
      const nonce = Uint8Array.from(randomBytes(nacl.box.nonceLength));
      return Buffer.concat([VERSION, nonce, nacl.box.after(Uint8Array.from(content), nonce, shared)]);
    },
  };
}
