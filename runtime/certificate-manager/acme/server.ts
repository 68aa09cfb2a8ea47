import * as acme from "acme-client";
import { challengeRecord } from "../contract";
import type { RenewalWindow } from "../renewal";
import { AcmeProblem, adapter, retryAfterMs } from "./http";

acme.axios.defaults.adapter = adapter as unknown as typeof acme.axios.defaults.adapter;

/** A TXT value that proves the control of a name. */
export interface AcmeChallenge {
  record: string;
  value: string;
}

/** An order, with the challenges that the zone must hold for it; none where names were proven recently. */
export interface AcmeOrder {
  challenges: AcmeChallenge[];
  /** Makes the server check the challenges, and waits until it has accepted all. */
  validate(pause: Pause): Promise<void>;
  /** @returns PEM: the certificate and its chain */
  finalize(request: string, pause: Pause): Promise<string>;
}

/** Waits, each time longer; ends with an error when the run's time is up. */
export type Pause = (attempt: number) => Promise<void>;

/** All operations of an ACME server that are needed. */
export interface AcmeServer {
  /** @param replaces `renewalId` of the certificate that is renewed: such an order counts against no limit */
  order(names: readonly string[], replaces: string | undefined): Promise<AcmeOrder>;
}

export function acmeServer(directoryUrl: string, accountKey: string, contact: string | undefined): AcmeServer {
  const client = new acme.Client({ directoryUrl, accountKey });
  // Five by default: too few for a server that refuses many good nonces.
  Object.assign((client as unknown as { http: object }).http, { maxBadNonceRetries: 25 });
  return {
    async order(names, replaces) {
      // For a key that has an account already, this finds the account's address.
      await client.createAccount({
        termsOfServiceAgreed: true,
        ...(contact ? { contact: [`mailto:${contact}`] } : {}),
      });
      const order = await place(client, names, replaces);
      const pending = (await client.getAuthorizations(order)).filter(({ status }) => status !== "valid");
      const challenges = pending.map(({ identifier, challenges: offered }) => {
        const challenge = offered.find(({ type }) => type === "dns-01");
        if (!challenge) throw new Error(`the ACME server offers no dns-01 challenge for ${identifier.value}`);
        return { name: identifier.value, challenge };
      });
      return {
        challenges: await Promise.all(
          challenges.map(async ({ name, challenge }) => ({
            record: challengeRecord(name),
            value: await client.getChallengeKeyAuthorization(challenge),
          })),
        ),
        async validate(pause) {
          for (const { challenge } of challenges) await client.completeChallenge(challenge);
          for (let attempt = 0; ; attempt++) {
            const authorizations = await client.getAuthorizations(order);
            const failed = authorizations.find(({ status }) => !["pending", "valid"].includes(status));
            if (failed) throw refusal(failed);
            if (authorizations.every(({ status }) => status === "valid")) return;
            await pause(attempt);
          }
        },
        async finalize(request, pause) {
          let finalized = await client.finalizeOrder(order, request);
          for (let attempt = 0; finalized.status !== "valid"; attempt++) {
            if (finalized.status === "invalid") throw new Error("the ACME server has refused the order");
            await pause(attempt);
            finalized = await client.getOrder(order);
          }
          return client.getCertificate(finalized);
        },
      };
    },
  };
}

async function place(client: acme.Client, names: readonly string[], replaces: string | undefined): Promise<acme.Order> {
  const desired = { identifiers: names.map((value) => ({ type: "dns", value })) };
  if (replaces === undefined) return client.createOrder(desired);
  try {
    return await client.createOrder({ ...desired, replaces } as typeof desired);
  } catch (error) {
    // The replaced certificate may be unknown to this server, or replaced already: then it is an order like any other.
    if (error instanceof AcmeProblem && error.status < 500 && error.type !== "rateLimited")
      return client.createOrder(desired);
    throw error;
  }
}

/** Error with the result of a server's failed check. */
function refusal({ identifier, status, challenges }: acme.Authorization): Error {
  const errors = challenges.map(({ error }) => error as { type?: string; detail?: string } | undefined);
  const problem = errors.find((error) => error !== undefined);
  return new Error(`the ACME server has not accepted ${identifier.value}: ${problem?.detail ?? status}`);
}

/** Fetches the renewal information of a certificate (RFC 9773); nothing when the server does not offer it. */
export async function fetchRenewalInfo(
  directoryUrl: string,
  certificate: string,
): Promise<{ window?: RenewalWindow; retryAfterMs?: number }> {
  const { data: directory } = await acme.axios.get<{ renewalInfo?: string }>(directoryUrl);
  if (!directory.renewalInfo) return {};
  const { data, headers } = await acme.axios.get(`${directory.renewalInfo}/${certificate}`);
  const [start, end] = [new Date(data?.suggestedWindow?.start), new Date(data?.suggestedWindow?.end)];
  if (!(start < end)) throw new Error("the ACME server's renewal information has no window as RFC 9773 defines it");
  return { window: { start, end }, retryAfterMs: retryAfterMs(headers["retry-after"]) };
}
