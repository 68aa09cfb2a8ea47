import { randomBytes } from "node:crypto";
import { readNatsJwt, signNatsJwt } from "../nkeys/nats-jwt";
import { formatPublicKey, signingKeyFromBytes } from "../nkeys/nkey";
import type { DenialReason } from "./reasons";
import { REQUEST_AUDIENCE } from "./request";
import { throwawayXkey } from "./xkey";

const EXPECTED_DENIAL: DenialReason = "no_credentials";

/** An authorization request that a server could send at this moment, and the check of its answer. */
export interface Probe {
  message: Uint8Array;
  senderXkey: string;
  /** Undefined when the answer is the expected denial, correctly signed, addressed and sealed; else the problem. */
  answerProblem(answer: Uint8Array): string | undefined;
}

/** Maker of probes, with the id of the server that they come from: only the responder knows it. */
export interface Probes {
  serverId: string;
  /** @param now seconds since the epoch */
  make(now: number): Probe;
}

/**
 * Makes probes from one server that does not exist: requests without credentials, whose denial proves that requests are
 * opened, decided, signed and sealed.
 *
 * @param addressee issuer or callout account, as in a real request
 * @param ourXkey public xkey that the responder opens requests with
 */
export function probesFor(addressee: string, ourXkey: string): Probes {
  const server = signingKeyFromBytes("N", randomBytes(32));
  const serverXkey = throwawayXkey();
  const serverId = { name: "probe", host: "", id: server.publicKey, xkey: serverXkey.publicKey };

  const make = (now: number): Probe => {
    const userNkey = formatPublicKey("U", randomBytes(32));
    const request = {
      server_id: serverId,
      user_nkey: userNkey,
      client_info: { kind: "Client", type: "nats" },
      connect_opts: { protocol: 1 },
      type: "authorization_request",
    };
    const jwt = signNatsJwt({ aud: REQUEST_AUDIENCE, exp: now + 5, sub: addressee }, request, server, now);
    return {
      message: serverXkey.seal(Buffer.from(jwt), ourXkey),
      senderXkey: serverXkey.publicKey,
      answerProblem(answer) {
        const content = serverXkey.open(answer, ourXkey);
        if (!content) return "the answer is not sealed to the server that asked";
        const read = readNatsJwt(Buffer.from(content).toString("utf8"), "A");
        if ("problem" in read) return `the answer has a ${read.problem}`;
        const { sub, aud, nats } = read.payload as { sub?: string; aud?: string; nats?: { error?: string } };
        if (sub !== userNkey || aud !== server.publicKey) return "the answer is for another user";
        return nats?.error === EXPECTED_DENIAL ? undefined : `the answer is not the denial ${EXPECTED_DENIAL}`;
      },
    };
  };
  return { serverId: server.publicKey, make };
}
