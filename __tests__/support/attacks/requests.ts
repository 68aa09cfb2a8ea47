import { type Attack, denied, type Expectation, type Family, refused } from "./attack";
import { narrow } from "./narrow";
import type { Random } from "./random";
import { type Claims, encodePart, type World } from "./world";

const message = (
  name: string,
  bytes: Uint8Array,
  senderXkey: string | undefined,
  expected: Expectation,
): Omit<Attack, "family"> => ({ name, sent: { kind: "message", message: bytes, senderXkey }, expected });

/** A request that would be answered, with the credential that is admitted. */
const good = (world: World, random: Random, changes: Parameters<World["request"]>[2] = {}): Claims =>
  world.request(random, { auth_token: world.good }, changes);

/** The claims of a request, changed so that no server of ours could have written them. */
function changed(world: World, random: Random): [string, Claims, Expectation] {
  const own = good(world, random);
  const nats = own.nats as Claims;
  const server = nats.server_id as Claims;
  const claimsWith = (changes: Claims) => ({ ...own, ...changes });
  const natsWith = (changes: Claims) => ({ ...own, nats: { ...nats, ...changes } });
  const nkey = String(nats.user_nkey);
  return random.pick<[string, Claims, Expectation]>([
    [
      "aud",
      claimsWith({ aud: random.pick([undefined, "", "nats", random.word(), "nats-authorization-response"]) }),
      refused("bad_audience"),
    ],
    [
      "aud that is no text",
      claimsWith({ aud: random.pick([null, 1, ["nats-authorization-request"]]) }),
      refused("malformed"),
    ],
    ["expired", claimsWith({ exp: world.now - 30 - random.int(0, 1e6) }), refused("expired")],
    ["exp that is no time", claimsWith({ exp: random.pick([undefined, null, "1e9", [], {}]) }), refused("malformed")],
    [
      "an xkey that is not the sender's",
      natsWith({ server_id: { ...server, xkey: world.otherXkey.publicKey } }),
      refused("xkey_mismatch"),
    ],
    ["no xkey", natsWith({ server_id: { ...server, xkey: random.pick([undefined, ""]) } }), refused("xkey_mismatch")],
    [
      "the id of another server",
      natsWith({ server_id: { ...server, id: world.otherServer.publicKey } }),
      refused("bad_server"),
    ],
    [
      "a user nkey of another kind",
      natsWith({ user_nkey: random.pick([world.otherKinds.A.publicKey, world.server.publicKey]) }),
      refused("malformed"),
    ],
    [
      "a user nkey with an error",
      natsWith({
        user_nkey: random.pick([
          nkey.toLowerCase(),
          `${nkey} `,
          nkey.slice(1),
          `U${nkey.slice(2)}A`,
          "",
          1,
          undefined,
          "U".repeat(56),
        ]),
      }),
      refused("malformed"),
    ],
    [
      "another type",
      natsWith({ type: random.pick(["user", "authorization_response", "activation", undefined, 1]) }),
      refused("malformed"),
    ],
    [
      "parts missing",
      natsWith({
        [random.pick(["server_id", "client_info", "connect_opts"])]: random.pick([undefined, null, [], "x"]),
      }),
      refused("malformed"),
    ],
    ["no nats part", claimsWith({ nats: random.pick([undefined, null, [], "x", 1]) }), refused("malformed")],
    [
      "credentials that are no text",
      natsWith({ connect_opts: { auth_token: random.pick([1, ["x"], {}, true, null]) } }),
      refused("malformed"),
    ],
  ]);
}

/** Families X1 to X4: messages on the authorization subject that no server of ours sent, or sent for another. */
export const requests: readonly Family[] = [
  {
    id: "X1",
    about: "not sealed, sealed to or by another key, damaged",
    signed: false,
    make(world, random) {
      const jwt = world.natsJwt(good(world, random));
      const { serverXkey, otherXkey } = world;
      const sender = serverXkey.publicKey;
      const box = Buffer.from(world.seal(jwt));
      const notOurs = refused("not_for_our_xkey");
      const at = random.int(0, box.length - 1);
      const flipped = Buffer.from(box);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << random.int(0, 7));
      const noKey = random.pick([
        "X",
        "x".repeat(56),
        sender.toLowerCase(),
        `${sender} `,
        sender.slice(0, -1),
        `${sender.slice(0, -1)}${sender.endsWith("A") ? "B" : "A"}`,
        world.server.publicKey,
        "é",
        "X".repeat(10_000),
      ]);
      const [name, make, header, expected] = random.pick<[string, () => Uint8Array, string | undefined, Expectation]>([
        ["in clear", () => Buffer.from(jwt), sender, notOurs],
        ["in clear, without header", () => Buffer.from(jwt), undefined, refused("not_sealed")],
        ["sealed, without header", () => box, random.pick([undefined, ""]), refused("not_sealed")],
        ["sealed to another key", () => world.seal(jwt, serverXkey, otherXkey), sender, notOurs],
        ["the header of another sender", () => box, otherXkey.publicKey, notOurs],
        ["our own key as the sender", () => box, world.calloutXkey.publicKey, notOurs],
        [
          "sealed by another key, which the header names",
          () => world.seal(jwt, otherXkey),
          otherXkey.publicKey,
          refused("xkey_mismatch"),
        ],
        ["a header that is no key", () => box, noKey, notOurs],
        ["cut", () => box.subarray(0, random.int(0, box.length - 1)), sender, notOurs],
        ["a bit flipped", () => flipped, sender, notOurs],
        ["something behind it", () => Buffer.concat([box, random.bytes(random.int(1, 20))]), sender, notOurs],
        [
          "another version",
          () => Buffer.concat([Buffer.from(random.pick(["xkv0", "xkv2", "XKV1", "\0\0\0\0"])), box.subarray(4)]),
          sender,
          notOurs,
        ],
        ["random bytes", () => random.bytes(random.int(0, 600)), sender, notOurs],
        ["sealed twice", () => world.seal(Buffer.from(box).toString("latin1")), sender, refused("malformed")],
      ]);
      return message(name, make(), header, expected);
    },
  },
  {
    id: "X2",
    about: "sealed, but not signed by a known server, or saying what no server says",
    signed: false,
    make(world, random) {
      const { server, otherServer, otherKinds, serverXkey } = world;
      const own = good(world, random);
      const nats = own.nats as Claims;
      const serverId = nats.server_id as Claims;
      const jwt = world.natsJwt(own);
      const [header = "", payload = "", signature = ""] = jwt.split(".");
      const otherKind = random.pick(Object.values(otherKinds));
      const as = (id: string): Claims => ({ ...own, iss: id, nats: { ...nats, server_id: { ...serverId, id } } });
      const [what, claims, wrong] = changed(world, random);
      const noJson = random.pick(["{", "null", "1", "[]", '"x"', "", "{}", "[".repeat(50_000)]);
      const signedText = (part: string) =>
        `${header}.${part}.${server.sign(`${header}.${part}`).toString("base64url")}`;
      const [name, make, expected] = random.pick<[string, () => string, Expectation]>([
        ["no signature", () => `${header}.${payload}.`, refused("bad_signature")],
        [
          "another signature",
          () => `${header}.${payload}.${random.bytes(64).toString("base64url")}`,
          refused("bad_signature"),
        ],
        [
          "other claims under the signature",
          () => `${header}.${encodePart({ ...own, sub: random.word() })}.${signature}`,
          refused("bad_signature"),
        ],
        [
          "alg",
          () =>
            world.natsJwt(own, server, {
              typ: "JWT",
              alg: random.pick(["none", "ed25519", "HS256", "EdDSA", undefined, null]),
            }),
          refused("malformed"),
        ],
        [
          "a header that is no object",
          () => world.natsJwt(own, server, random.pick([null, 1, [], "ed25519-nkey"])),
          refused("malformed"),
        ],
        ["signed by another server for ours", () => world.natsJwt(own, otherServer), refused("bad_signature")],
        [
          "a server that nobody knows",
          () => world.natsJwt(as(otherServer.publicKey), otherServer),
          refused("unknown_server"),
        ],
        [
          "another server with our server's id",
          () => world.natsJwt({ ...own, iss: otherServer.publicKey }, otherServer),
          refused("bad_server"),
        ],
        [
          "a key that signs no requests",
          () => world.natsJwt(as(otherKind.publicKey), otherKind),
          refused("bad_issuer"),
        ],
        [
          "an issuer that is no key",
          () =>
            world.natsJwt({ ...own, iss: random.pick(["N", "", 1, null, undefined, server.publicKey.toLowerCase()]) }),
          refused("bad_issuer", "bad_signature"),
        ],
        ["claims that are no JSON object", () => signedText(encodePart(noJson)), refused("malformed", "bad_issuer")],
        [
          "no JWT",
          () => random.pick(["", ".", "..", "...", random.word(), `${jwt}.x`, jwt.replaceAll(".", " ")]),
          refused("malformed"),
        ],
        [what, () => world.natsJwt(claims), wrong],
        [what, () => world.natsJwt(claims), wrong],
      ]);
      return message(name, world.seal(make()), serverXkey.publicKey, expected);
    },
  },
  {
    id: "X3",
    about: "a good request, to be replayed: the answer is for one user nkey, which its server alone knows",
    signed: false,
    make(world, random) {
      const bytes = world.seal(world.natsJwt(good(world, random)));
      return message("a good request", bytes, world.serverXkey.publicKey, narrow({}));
    },
  },
  {
    id: "X4",
    about: "addressed to somebody else, for connections that are no clients, or with fields beside the credential",
    signed: false,
    make(world, random) {
      const send = (name: string, claims: Claims, expected: Expectation) =>
        message(name, world.seal(world.natsJwt(claims)), world.serverXkey.publicKey, expected);
      const kind = random.next();
      if (kind < 0.3) {
        const sub = random.pick([world.otherKinds.A.publicKey, "AUTH", "", ">", "__proto__", world.server.publicKey]);
        return send("another addressee", good(world, random, { claims: { sub } }), denied("unknown_issuer"));
      }
      if (kind < 0.7) {
        const client = random.pick([
          {
            kind: random.pick([
              "Leafnode",
              "Router",
              "Gateway",
              "System",
              "JetStream",
              "Account",
              "",
              "client",
              "Client ",
            ]),
          },
          { type: random.pick(["mqtt", "leafnode", "", "NATS", "ws", "nats "]) },
          { kind: undefined },
        ]);
        return send(`client ${JSON.stringify(client)}`, good(world, random, { client }), denied("client_kind"));
      }
      const wrongs = { sig: random.word(86), nkey: world.otherKinds.U.publicKey };
      const connect = random.pick<[object, Expectation]>([
        [{}, denied("no_credentials")],
        [{ jwt: world.good }, denied("no_credentials")],
        [{ user: world.good }, denied("no_credentials")],
        [{ user: "sys", pass: random.word() }, denied("token_malformed")],
        [{ auth_token: "", pass: "", nkey: "" }, denied("no_credentials")],
        [{ auth_token: random.word(), pass: world.good }, denied("token_malformed")],
        [{ auth_token: " ", ...wrongs }, denied("token_malformed")],
        [wrongs, denied("nkey_unknown")],
        [{ nkey: random.pick(["__proto__", "constructor", "toString", ">", "U".repeat(56)]) }, denied("nkey_unknown")],
        [{ auth_token: world.good, jwt: "eyJ", user: "sys", nkey: wrongs.nkey }, narrow({})],
        [{ pass: world.good, account: "SYS", new_account: true, lang: ">" }, narrow({})],
      ]);
      return send(Object.keys(connect[0]).join(", ") || "nothing", world.request(random, connect[0]), connect[1]);
    },
  },
];
