import { ConfigError, formatPath, formatProblems, formatValue } from "../../../model/config";
import { nearest } from "../../../model/config/known-keys";

test.each([
  [["clusters", "core", "platform", "zones", 0], "clusters.core.platform.zones[0]"],
  [["identity", "services", "main-api"], "identity.services.main-api"],
  [["clusters", "Bad Name"], 'clusters["Bad Name"]'],
  [["tags", ""], 'tags[""]'],
  [["tags", 'a"\n'], 'tags["a\\"\\n"]'],
  [[0, "name"], "[0].name"],
  [[], "(the whole file)"],
])("%j is written %s", (path, text) => expect(formatPath(path)).toBe(text));

test.each([
  ["nothing", undefined],
  ["null", null],
  ['"8MB"', "8MB"],
  ["NaN", Number.NaN],
  ["5n", 5n],
  ["Symbol(s)", Symbol("s")],
  ["a function", () => 1],
  ["a Date", new Date(Number.NaN)],
  ["a Map", new Map([[1, 2]])],
  ["{}", Object.create(null)],
  ['{"a":[1,{"b":5n}],"c":undefined}', { a: [1, { b: 5n }], c: undefined }],
  ["[undefined,undefined]", new Array(2)],
  ['{"toString":null}', { toString: null }],
  ['"a\\nb"', "a\nb"],
])("%s is printed", (text, value) => expect(formatValue(value)).toBe(text));

test("a value that is large, deep or refers to itself is cut to sixty characters, at once", () => {
  const cycle: Record<string, unknown> = { name: "demo" };
  cycle.self = cycle;
  let deep: unknown = 1;
  for (let i = 0; i < 100_000; i++) deep = [deep];
  let doubled: unknown = 1;
  for (let i = 0; i < 60; i++) doubled = { a: doubled, b: doubled };
  for (const value of [cycle, deep, doubled, "💥".repeat(100), "x".repeat(1e6), Array.from({ length: 1e5 }, () => 1)]) {
    const text = formatValue(value);
    expect(text.length).toBeLessThanOrEqual(60);
    expect(text.endsWith("...")).toBe(true);
    expect(text).not.toMatch(/\p{Surrogate}/u);
  }
  expect(formatValue(cycle)).toBe('{"name":"demo","self":{"name":"demo","self":{"name":"demo...');
});

test("problems are one block each: place, reason, value, way out", () => {
  const problems = [
    { path: ["nats", "maxPayload"], got: "8MB", message: "must be a size", fix: "8MiB" },
    { path: [], message: "does not run" },
  ];
  expect(formatProblems("environments/demo.ts", problems)).toBe(
    [
      "environments/demo.ts: 2 errors",
      '  ✖ nats.maxPayload: must be a size; got "8MB"',
      "    fix: 8MiB",
      "  ✖ (the whole file): does not run",
    ].join("\n"),
  );
  const error = new ConfigError("environments/demo.ts", problems.slice(1));
  expect(error.message).toContain("environments/demo.ts: 1 error\n");
  expect(error.problems).toHaveLength(1);
});

test("words of any length are compared at once", () => {
  expect(nearest("x".repeat(100_000), ["maxPayload", "version"])).toBeUndefined();
});
