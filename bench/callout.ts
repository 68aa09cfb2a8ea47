import { generateKeyPairSync, sign, verify } from "node:crypto";
import { createLocalJWKSet } from "jose";
import { handleRequest } from "../runtime/auth-callout/handler";
import { buildIssuers } from "../runtime/auth-callout/issuers";
import { readKeySet } from "../runtime/auth-callout/jwks";
import { AuthRules } from "../runtime/auth-callout/rules";
import { verifyToken } from "../runtime/auth-callout/token";
import { xkey } from "../runtime/auth-callout/xkey";
import { audience, issuer, sealedRequests } from "./callout-requests";
import { answerStock } from "./callout-stock";
import { median } from "./statistics";

const rounds = 5;

/** Requests, and natsform's code that answers one; it throws unless the client is admitted. */
export async function ownPath() {
  const requests = await sealedRequests(2000);
  const rules = AuthRules.parse({
    mode: "callout",
    accounts: { APP: { id: "APP" } },
    permissions: [
      { account: "APP", publish: { allow: ["user.{sub}.>"] }, subscribe: { allow: ["user.{sub}.>"] } },
      {
        account: "APP",
        when: [{ claim: "roles", includes: "editor" }],
        publish: { allow: ["news.>"] },
        subscribe: { allow: [] },
      },
    ],
    services: {},
  });
  const ours = xkey(requests.xkeySeed);
  if (!ours) throw new Error("the bench's own xkey is not one");
  const keySet = await readKeySet(JSON.stringify({ keys: [requests.jwk] }), ["RS256"]);
  const policy = {
    issuer,
    audience,
    algorithms: ["RS256"] as const,
    clockSkewSeconds: 30,
    findKey: async (kid: string) => keySet.get(kid),
  };
  const context = {
    rules,
    issuers: buildIssuers(rules, "AUTH", [requests.issuerKey]),
    requests: { xkeys: [ours], clockSkewSeconds: 30 },
    verifyToken: (token: string, at: number) => verifyToken(token, policy, at),
    now: () => Math.floor(Date.now() / 1000),
  };
  const own = async (message: Uint8Array) => {
    const { verdict } = await handleRequest(message, requests.senderXkey, context);
    if (verdict !== "admitted") throw new Error(`natsform ${verdict} a valid token`);
  };
  return { requests, own };
}

/** Answers per second of CPU time: ours, the stock path, and the cryptography that cannot be left out. */
export async function benchCallout(): Promise<void> {
  const { requests, own } = await ownPath();
  const stock = {
    xkey: requests.xkey,
    signer: requests.calloutIssuer,
    keys: createLocalJWKSet({ keys: [requests.jwk] }),
  };

  const usual = async (message: Uint8Array) => void (await answerStock(message, requests.senderXkey, stock));
  const signed = Buffer.from("x".repeat(600));
  const signature = sign("RSA-SHA256", signed, requests.privateKey);
  const { privateKey: ed25519 } = generateKeyPairSync("ed25519");
  const floor = async () => {
    verify("RSA-SHA256", signed, requests.publicKey, signature);
    sign(null, signed, ed25519);
  };

  const figures: Record<"own" | "usual" | "floor", number[]> = { own: [], usual: [], floor: [] };
  await perCpuSecond(requests.messages, own);
  for (let round = 0; round < rounds; round++) {
    figures.own.push(await perCpuSecond(requests.messages, own));
    figures.usual.push(await perCpuSecond(requests.messages.slice(0, 20), usual));
    figures.floor.push(await perCpuSecond(requests.messages, floor));
  }
  const [ownMedian, stockMedian, floorMedian] = [median(figures.own), median(figures.usual), median(figures.floor)];
  const show = (value: number) => String(Math.round(value)).padStart(7);
  process.stdout.write(`callout: authorizations per second of CPU time, median of ${rounds} rounds
  natsform                                        ${show(ownMedian)}
  stock: @nats-io/jwt, nkeys.js and jose          ${show(stockMedian)}  natsform is ${(ownMedian / stockMedian).toFixed(0)} x that
  floor: one RS256 verification, one Ed25519 sign ${show(floorMedian)}  natsform is ${(ownMedian / floorMedian).toFixed(2)} x that
`);
}

/** Messages answered in one second of this process's CPU time, user and system together. */
async function perCpuSecond(
  messages: readonly Uint8Array[],
  answer: (message: Uint8Array) => Promise<void>,
): Promise<number> {
  const before = process.cpuUsage();
  for (const message of messages) await answer(message);
  const { user, system } = process.cpuUsage(before);
  return messages.length / ((user + system) / 1e6);
}
