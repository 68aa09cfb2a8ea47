import fc from "fast-check";
import {
  bytes,
  type ConfObject,
  type ConfValue,
  duration,
  Include,
  printConf,
  quote,
  Raw,
  variable,
} from "../../templates/nats-conf";
import { NatsParser, parserPath } from "../support/nats-parser";

const withParser = parserPath ? test : test.skip;
const skipped = parserPath ? "" : " (skipped: natsconf is not built, there is no Go)";

let parser: NatsParser;
beforeAll(() => {
  if (parserPath) parser = new NatsParser(parserPath);
});
afterAll(() => parser?.stop());

/** What the parser is meant to see: sizes as numbers, everything else as it is. */
function meaning(value: ConfValue): unknown {
  if (value instanceof Raw) return rawMeaning(value.text);
  if (value instanceof Include) throw new Error("no tree of these tests includes a file");
  if (Array.isArray(value)) return value.map(meaning);
  if (typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, meaning(item as ConfValue)]));
  }
  return value;
}

function rawMeaning(text: string): unknown {
  if (text === "$GREETING") return "hello";
  const [, count, unit] = /^(\d+)([KMGT]iB)?$/.exec(text) ?? [];
  const power = ["", "KiB", "MiB", "GiB", "TiB"].indexOf(unit ?? "");
  return Number(count) * 1024 ** power;
}

const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: "binary-ascii" }),
  fc.constantFrom(
    "",
    "$HOME",
    "8MiB",
    "true",
    "include",
    "a b",
    "#",
    "//",
    "'",
    '"',
    "\\",
    "\\x41",
    "{",
    "[",
    ",",
    "\u0001",
    "\b",
    "é",
    "🚀",
  ),
);
const leaf: fc.Arbitrary<ConfValue> = fc.oneof(
  text,
  fc.boolean(),
  fc.maxSafeInteger(),
  fc.nat({ max: 2 ** 42 }).map(bytes),
  fc.constant(variable("GREETING")),
);
/** NATS knows no escapes in keys, so one that holds both kinds of quotes, a NUL, or nothing, cannot be written. */
const writable = (key: string) => key !== "" && !key.includes("\0") && !(key.includes('"') && key.includes("'"));
const tree = fc.letrec<{ value: ConfValue; object: ConfObject }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, leaf, fc.array(tie("value"), { maxLength: 4 }), tie("object")),
  object: fc.dictionary(
    fc.oneof(text.filter(writable), fc.string({ unit: fc.constantFrom(..."abcXYZ_-09"), minLength: 1 })),
    tie("value"),
    {
      maxKeys: 5,
    },
  ),
}));

describe(`the printer against nats-server's own parser${skipped}`, () => {
  withParser("what goes in comes out", async () => {
    await fc.assert(
      fc.asyncProperty(tree.object, async (object) => {
        const printed = printConf(object);
        expect(await parser.parse(printed)).toEqual({ config: meaning(object) });
      }),
      { numRuns: 1000 },
    );
  });

  withParser("every character of the basic plane survives in a value and in a key", async () => {
    for (let start = 0; start < 0xd800; start += 256) {
      const all = Array.from({ length: 256 }, (_, i) => String.fromCharCode(start + i)).join("");
      const key = all.replace(/["\0]/g, "");
      expect(await parser.parse(printConf({ [key]: all }))).toEqual({ config: { [key]: all } });
    }
  });

  withParser("a quoted variable is its own text, an unquoted one its value", async () => {
    const { config } = await parser.parse(printConf({ quoted: "$GREETING", plain: variable("GREETING") }));
    expect(config).toEqual({ quoted: "$GREETING", plain: "hello" });
  });

  withParser("the escapes of JSON that NATS does not know are refused by it", async () => {
    for (const unknown of ["\\u0001", "\\b", "\\f"]) expect((await parser.parse(`a: "${unknown}"`)).error).toBeTruthy();
  });

  withParser("an include stands where a key and its value would", async () => {
    const { error } = await parser.parse(printConf({ b: { any: new Include("/nowhere/else.conf") } }));
    expect(error).toMatch(/else\.conf/);
  });
});

test("a number that is not whole is refused before NATS sees it", () => {
  for (const number of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60]) {
    expect(() => printConf({ a: number })).toThrow(/whole numbers/);
  }
});

test("a key that NATS cannot write is refused", () => {
  for (const key of ["", `both ' and "`, "a\0b"]) expect(() => printConf({ [key]: 1 })).toThrow(/cannot write/);
});

test("a variable whose name NATS would cut is refused", () => {
  for (const name of ["A1", "", "A-B", "A B", "$A"]) expect(() => variable(name)).toThrow(/letters/);
});

test("durations and sizes are printed in their largest unit", () => {
  expect([1, 1500, 30_000, 120_000, 7_200_000, 0].map(duration)).toEqual(["1ms", "1500ms", "30s", "2m", "2h", "0ms"]);
  expect([0, 1, 1024, 8 * 2 ** 20, 3 * 2 ** 30 + 1].map((count) => bytes(count).text)).toEqual([
    "0",
    "1",
    "1KiB",
    "8MiB",
    "3221225473",
  ]);
});

test("keys that are not set are left out", () => {
  expect(printConf({ a: undefined, b: { c: undefined }, d: [] })).toBe("b: {}\nd: []\n");
});

test("quote escapes what ends a string", () => {
  expect(quote('a"b\\c\nd')).toBe('"a\\"b\\\\c\\nd"');
});
