import { type Attack, denied, type Expectation, type Family } from "./attack";
import { narrow } from "./narrow";
import type { Random } from "./random";
import { AUDIENCE, claims, ISSUER, LIFETIME_SECONDS, NOW, SKEW_SECONDS, type World } from "./world";

const LATEST = 253_402_300_800;
const signed = (
  world: World,
  random: Random,
  changes: object,
  name: string,
  expected: Expectation,
): Omit<Attack, "family"> => ({
  name,
  sent: { kind: "token", token: world.token(claims({ jti: random.word(), ...changes })) },
  expected,
});
const show = (value: unknown) => JSON.stringify(value)?.slice(0, 60) ?? "missing";

function audience(random: Random): [unknown, Expectation] {
  const other = `https://${random.word()}.example.com`;
  return random.pick<[unknown, Expectation]>([
    [undefined, denied("token_audience")],
    [other, denied("token_audience")],
    [AUDIENCE.slice(0, random.int(1, AUDIENCE.length - 1)), denied("token_audience")],
    [`${AUDIENCE}/`, denied("token_audience")],
    [`${AUDIENCE}.${random.word()}.net`, denied("token_audience")],
    [AUDIENCE.toUpperCase(), denied("token_audience")],
    [`${AUDIENCE} ${other}`, denied("token_audience")],
    [[], denied("token_audience")],
    [[[AUDIENCE]], denied("token_audience")],
    [[other, `${AUDIENCE}/`], denied("token_audience")],
    [{ 0: AUDIENCE, length: 1 }, denied("token_audience")],
    [null, denied("token_audience")],
    // Decided: a list with our audience is for us too, as RFC 7519 says.
    [[other, AUDIENCE], narrow({})],
  ]);
}

/** Around both edges of every time, and what is no time at all. */
function times(random: Random): [object, Expectation] {
  const past = NOW - SKEW_SECONDS;
  const future = NOW + SKEW_SECONDS;
  return random.pick<[object, Expectation]>([
    [{ exp: undefined }, denied("token_claims")],
    [{ exp: past }, denied("token_expired")],
    [{ exp: random.int(1, past) }, denied("token_expired")],
    [{ exp: past + 1 }, narrow({ exp: NOW + 1 })],
    [{ exp: String(NOW + 600) }, denied("token_claims")],
    [{ exp: random.pick([1e308, -1, 0, LATEST, -1e308]) }, denied("token_claims")],
    [{ exp: random.pick([null, true, [NOW + 600], { valueOf: NOW + 600 }]) }, denied("token_claims")],
    [{ nbf: future + 1 }, denied("token_not_yet_valid")],
    [{ nbf: future + random.int(1, 1e6) }, denied("token_not_yet_valid")],
    [{ nbf: future }, narrow({})],
    [{ nbf: random.pick(["0", null, {}, 1e308, -5]) }, denied("token_claims")],
    [{ iat: future + 1 }, denied("token_not_yet_valid")],
    [{ iat: future }, narrow({})],
    [{ iat: random.pick(["0", null, [], 1e308, -5]) }, denied("token_claims")],
  ]);
}

/** Families T7 to T10 and T14: correctly signed, but for others, for another time, or another kind of token. */
export const tokenClaims: readonly Family[] = [
  {
    id: "T7",
    about: "another issuer, correctly signed",
    signed: true,
    make(world, random) {
      const iss = random.pick<unknown>([
        undefined,
        null,
        1,
        ISSUER.slice(0, -1),
        ISSUER.toUpperCase(),
        ISSUER.replace("https", "http"),
        `${ISSUER}/`,
        `${ISSUER} `,
        `${ISSUER}\u0000`,
        ISSUER.replace("tenant", `tenant.${random.word()}`),
        `https://${random.word()}.example.com/`,
        ISSUER.replace("e", "\u0435"),
        [ISSUER],
        { toString: ISSUER },
      ]);
      return signed(world, random, { iss }, `iss ${show(iss)}`, denied("token_issuer"));
    },
  },
  {
    id: "T8",
    about: "a token for somebody else",
    signed: true,
    make(world, random) {
      const [aud, expected] = audience(random);
      return signed(world, random, { aud }, `aud ${show(aud)}`, expected);
    },
  },
  {
    id: "T9",
    about: "times: missing, past, future, no times, one second around the tolerance",
    signed: true,
    make(world, random) {
      const [changes, expected] = times(random);
      return signed(world, random, changes, show(changes), expected);
    },
  },
  {
    id: "T10",
    about: "an end far away: the connection ends within the longest lifetime",
    signed: true,
    make(world, random) {
      const exp = random.pick([NOW + LIFETIME_SECONDS + 1, NOW + random.int(1e5, 1e9), LATEST - 1, LATEST - 0.5]);
      return signed(world, random, { exp }, `exp ${exp}`, narrow({ exp }));
    },
  },
  {
    id: "T14",
    about: "another kind of token than an access token",
    signed: true,
    make(world, random) {
      const [header, changes] = random.pick<[object, object]>([
        [{ typ: "ID+JWT" }, {}],
        [{ typ: random.pick(["dpop+jwt", "logout+jwt", "secevent+jwt", "JWE", "SAML", 1, null]) }, {}],
        [{}, { token_use: random.pick(["id", "refresh", "ACCESS", "", 1]) }],
        [{}, { at_hash: random.word(22), nonce: random.word() }],
        [{}, { c_hash: random.word(22) }],
        [{}, { s_hash: random.word(22) }],
        [{}, { typ: random.pick(["ID", "Refresh", "Offline", "Logout"]) }],
        [{}, { events: { "http://schemas.openid.net/event/backchannel-logout": {} }, sid: random.word() }],
        [{}, { azp: random.word(), aud: random.word() }],
      ]);
      return {
        name: `${show(header)} ${show(changes)}`,
        sent: { kind: "token", token: world.token(claims({ sub: random.word(), ...changes }), header) },
        expected: denied("aud" in changes ? "token_audience" : "typ" in header ? "token_header" : "token_claims"),
      };
    },
  },
];
