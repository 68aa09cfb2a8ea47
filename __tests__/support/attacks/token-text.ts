import { type Attack, denied, type Family } from "./attack";
import type { Random } from "./random";
import { claims, encodePart, KID, type World } from "./world";

const utf8 = (text: string) => Buffer.from(text, "utf8");

/** JSON that two readers would understand differently, or that is none. */
function ambiguous(text: string, random: Random): [string, Buffer] {
  const key = random.pick([...text.matchAll(/[{,]"(\w+)":/g)].map((match) => match[1] ?? ""));
  const twice = (again: string) => text.replace(`"${key}":`, `"${again}":"${random.word()}","${key}":`);
  const escaped = `\\u${(key.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}${key.slice(1)}`;
  const depth = random.int(33, 4000);
  const raw = (hex: string) => Buffer.concat([utf8(`${text.slice(0, -1)},"x":"`), Buffer.from(hex, "hex"), utf8('"}')]);
  const [name, make] = random.pick<readonly [string, () => Buffer]>([
    [`${key} twice`, () => utf8(twice(key))],
    [`${key} twice, once escaped`, () => utf8(twice(escaped))],
    ["__proto__", () => utf8(text.replace("{", '{"__proto__":{"admin":true},'))],
    ["__proto__ further down", () => utf8(text.replace("{", '{"a":[{"__proto__":{}}],'))],
    ["__proto__ escaped", () => utf8(text.replace("{", '{"\\u005f_proto__":{},'))],
    ["lists nested deeply", () => utf8(text.replace("{", `{"x":${"[".repeat(depth)}${"]".repeat(depth)},`))],
    ["objects nested deeply", () => utf8(text.replace("{", `{"x":${'{"a":'.repeat(depth)}1${"}".repeat(depth)},`))],
    ["a byte order mark", () => utf8(`\ufeff${text}`)],
    ["UTF-16", () => Buffer.from(text, "utf16le")],
    ["a lone surrogate", () => utf8(text.replace("{", `{"x":"\\ud8${random.text("0123456789ab", 2)}",`))],
    ["a lone surrogate as a key", () => utf8(text.replace("{", '{"\\udc00":1,'))],
    ["an encoded surrogate", () => raw("eda080")],
    ["overlong UTF-8", () => raw(random.pick(["c0ae", "c0af", "e080ae", "f08080ae", "c1bf"]))],
    ["invalid UTF-8", () => raw(random.pick(["ff", "fe", "c3", "e282", "80", "f5808080"]))],
    ["a comment", () => utf8(text.replace("{", "{/**/"))],
    ["a comma at the end", () => utf8(text.replace(/}$/, ",}"))],
    ["single quotes", () => utf8(text.replaceAll('"', "'"))],
    ["NaN", () => utf8(text.replace("{", '{"x":NaN,'))],
    ["a list", () => utf8(`[${text}]`)],
    ["two objects", () => utf8(text + text)],
    ["text", () => utf8(JSON.stringify(text))],
    ["null", () => utf8("null")],
    ["a cut object", () => utf8(text.slice(0, random.int(1, text.length - 1)))],
    ["a raw line end in text", () => utf8(text.replace("{", '{"x":"a\nb",'))],
    ["random bytes", () => random.bytes(random.int(1, 64))],
  ]);
  return [name, make()];
}

/** A valid token, changed anywhere. */
function changed(world: World, random: Random): [string, string, Attack["expected"]] {
  const { good } = world;
  const [header = "", payload = "", signature = ""] = good.split(".");
  const at = random.int(0, good.length - 1);
  const insert = (text: string) => good.slice(0, at) + text + good.slice(at);
  const other = encodePart(claims({ sub: random.word(), realm_access: { roles: ["admin"] } }));
  const bits = Buffer.from(signature, "base64url");
  const bit = random.int(0, bits.length * 8 - 1);
  bits[bit >> 3] = (bits[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  // 256 bytes are 342 characters, the last of which carries four bits that mean nothing.
  const last = alphabet.indexOf(signature.at(-1) ?? "");
  const twin = signature.slice(0, -1) + alphabet[last ^ random.int(1, 15)];
  const malformed = denied("token_malformed");
  const forged = denied("token_signature");
  return random.pick<[string, string, Attack["expected"]]>([
    [`bit ${bit} of the signature flipped`, `${header}.${payload}.${bits.toString("base64url")}`, forged],
    ["the signature written another way", `${header}.${payload}.${twin}`, malformed],
    ["other claims, same signature", `${header}.${other}.${signature}`, forged],
    [
      "another header, same signature",
      `${encodePart({ alg: "RS256", kid: KID, a: at })}.${payload}.${signature}`,
      forged,
    ],
    ["padding", good + random.pick(["=", "==", "===", "%3D"]), malformed],
    ["the other base64 alphabet", insert(random.pick(["+", "/"])), malformed],
    ["white space", insert(random.pick([" ", "\t", "\n", "\r\n", "\u00a0", "\u2028", "\v"])), malformed],
    ["a character of no alphabet", insert(random.pick(["\u0000", "é", "…", "%00", "\u0455", "😀"])), malformed],
    ["two dots more", `${good}..`, malformed],
    ["a part more", `${good}.${random.word()}`, malformed],
    ["one dot", `${header}.${payload}`, malformed],
    ["no dot", header + payload + signature, malformed],
    [
      "an empty part",
      random.pick([`.${payload}.${signature}`, `${header}..${signature}`, `${header}.${payload}.`]),
      malformed,
    ],
    [
      "five parts, as a JWE",
      `${encodePart({ alg: "RSA-OAEP", enc: "A256GCM", zip: "DEF" })}.a.b.${random.word()}.d`,
      malformed,
    ],
    ["a token around the token", world.nested, malformed],
    [
      "a signature cut short",
      `${header}.${payload}.${bits.subarray(0, random.int(1, 255)).toString("base64url")}`,
      forged,
    ],
    [
      "a longer signature",
      `${header}.${payload}.${Buffer.concat([bits, random.bytes(random.int(1, 64))]).toString("base64url")}`,
      forged,
    ],
    ["zeros as the signature", `${header}.${payload}.${Buffer.alloc(256).toString("base64url")}`, forged],
    ["bearer in front", `Bearer ${good}`, malformed],
    ["the token twice", `${good},${good}`, malformed],
  ]);
}

/** Families T11 to T13: the text of the token itself. */
export const tokenText: readonly Family[] = [
  {
    id: "T11",
    about: "JSON that readers understand differently, or that is none",
    signed: false,
    make(world, random) {
      const inHeader = random.chance(0.3);
      const text = JSON.stringify(inHeader ? { alg: "RS256", kid: KID } : claims({ sub: random.word() }));
      const [name, bytes] = ambiguous(text, random);
      const header = inHeader ? encodePart(bytes) : encodePart({ alg: "RS256", kid: KID });
      const payload = inHeader ? encodePart(claims()) : encodePart(bytes);
      // One in twenty is correctly signed: it must make no difference.
      const token = random.chance(0.05)
        ? world.signed(header, payload)
        : `${header}.${payload}.${world.good.split(".")[2]}`;
      return {
        name: `${name} in the ${inHeader ? "header" : "claims"}`,
        sent: { kind: "token", token },
        expected: denied("token_malformed", "token_too_large"),
      };
    },
  },
  {
    id: "T12",
    about: "a valid token, changed",
    signed: false,
    make(world, random) {
      const [name, token, expected] = changed(world, random);
      return { name, sent: { kind: "token", token }, expected };
    },
  },
  {
    id: "T13",
    about: "tokens of any size",
    signed: false,
    make(world, random) {
      const size = random.pick([
        16 * 1024 + 1,
        17_000,
        64 * 1024,
        64 * 1024 + random.int(1, 999),
        ...(random.chance(0.02) ? [900_000, 5_000_000] : []),
      ]);
      const [header, payload, signature] = world.good.split(".");
      const filler = "A".repeat(size);
      const token = random.pick([
        filler,
        ".".repeat(size),
        `${header}.${filler}.${signature}`,
        `${header}.${payload}.${filler}`,
        `${filler}.${payload}.${signature}`,
        "é".repeat(size),
      ]);
      return { name: `${size} bytes`, sent: { kind: "token", token }, expected: denied("token_too_large") };
    },
  },
];
