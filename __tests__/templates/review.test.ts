import fc from "fast-check";
import { type Review, review } from "../../model/review";
import { commentBudget, escaped, reviewHtml, reviewLines, reviewMarkdown, reviewSarif } from "../../templates/review";
import { inputOf } from "../support/review-input";

const nowhere = () => ({ file: "environments/lint.ts", line: 1 });
const blocked = review(inputOf({}, { "streams[0].maxAge": "1d", deletionProtection: false }));

/** What a pull request may bring into any text of a report. */
const hostile = [
  "@everyone @team/leads",
  "see #12, GH-12 and other/repo#3",
  "```\nfence",
  "</details></td><script>alert(1)</script>",
  "<!-- natsform review -->",
  "![x](https://evil.example/x.png) [y](javascript:alert(1))",
  "a | b || c",
  "https://evil.example www.evil.example",
  "left\u202egnp.exe\u2066",
  "nul\u0000bell\u0007esc\u001b[31m",
  "\\` \\| \\",
  "_a_ *b* ~~c~~",
  "\ud800",
];

/** Every text of a review that comes from an environment replaced. */
const withTexts = (text: string): Review => ({
  ...blocked,
  environment: text,
  reasons: blocked.reasons.map((reason) => ({ ...reason, at: text, message: text, fix: text })),
  steps: [{ when: text, what: text, effects: [text] }],
  gained: [{ at: text, who: text, account: text, what: [text] }],
  doors: [{ cluster: text, listener: text, from: text, to: text }],
  stacks: [
    {
      stack: text,
      rolled: [text],
      unsent: [text],
      counts: { changed: 1 },
      changes: [
        {
          address: text,
          type: text,
          action: "changed",
          why: text,
          differences: [{ path: text, from: text, to: text }],
        },
      ],
      drift: [{ what: text, count: 1, feeds: true }],
      findings: [],
      deferred: 0,
    },
  ],
});

describe("what comes from a pull request is text alone", () => {
  test.each(hostile)("in Markdown: %j", (text) => {
    const shown = reviewMarkdown([withTexts(text)]);
    expect(shown).not.toMatch(/@(everyone|team)/);
    expect(shown).not.toMatch(/(^|[^\\&])#\d/m);
    expect(shown).not.toMatch(/<script|javascript:alert\(1\)\)|<\/td>/);
    expect(shown.match(/<!-- natsform review -->/g)).toHaveLength(1);
    expect(shown.match(/<details>/g)?.length).toBe(shown.match(/<\/details>/g)?.length);
    expect(shown).not.toMatch(/https:\/\/|www\./);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e\u2066-\u2069]/);
    // A row has as many cells as its table has columns, whatever is in them.
    const rows = shown.split("\n").filter((line) => line.startsWith("| "));
    const cells = rows.map((line) => line.replace(/\\\\/g, "").replace(/\\\|/g, "").split(" | ").length);
    expect(Math.max(...cells)).toBeLessThanOrEqual(5);
    expect(shown.split("\n").filter((line) => /^\s*```/.test(line))).toEqual([]);
  });

  test.each(hostile)("in HTML: %j", (text) => {
    const page = reviewHtml([withTexts(text)]);
    expect(page.match(/<script>/g)).toHaveLength(1);
    expect(page).not.toContain("<script>alert");
    expect(page).not.toMatch(/<img|<!--/);
    expect(page).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
  });

  test.each(hostile)("in SARIF: %j", (text) => {
    const log = JSON.stringify(reviewSarif([withTexts(text)], nowhere, "1.0.0"));
    expect(log).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    const [result] =
      (JSON.parse(log) as { runs: { results: { message: { text: string } }[] }[] }).runs[0]?.results ?? [];
    expect(result?.message.text.replace(/\\\[|\\\]|\\\\/g, "")).not.toMatch(/[[\]]/);
  });

  test("on a terminal no text moves the cursor", () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    for (const text of hostile) expect(reviewLines(withTexts(text)).join("\n")).not.toMatch(/\u001b|\u0000/);
  });

  test("Markdown holds no unescaped mark of any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 60 }), (text) => {
        const bare = escaped(text).replace(/\\[\\`*_{}[\]()|~!#+.-]/g, "");
        return !/[<>`*_[\]|\n]|@\w|\w:\/\//.test(bare);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a report that is too long", () => {
  const long = (count: number): Review => ({
    ...blocked,
    steps: Array.from({ length: count }, (_, i) => ({
      when: "𝓼".repeat(40),
      what: `step ${i}`,
      effects: ["𝓮".repeat(40)],
    })),
    stacks: [
      {
        ...(withTexts("𝓽").stacks[0] as Review["stacks"][number]),
        drift: [],
        changes: Array.from({ length: count }, (_, i) => ({
          address: `aws_thing.n${i}`,
          type: "aws_thing",
          action: "changed" as const,
          differences: [{ path: "𝓹".repeat(30), from: "𝓪", to: "𝓫" }],
        })),
      },
    ],
  });

  test.each([10, 500, 5000])("keeps its reasons, counted in characters: %d changes", (count) => {
    const text = reviewMarkdown([long(count)]);
    expect([...text].length).toBeLessThanOrEqual(commentBudget);
    expect(text).toContain("deletionProtection");
    expect(text).toContain("BLOCK");
  });

  test("says what it leaves out, the least first", () => {
    const text = reviewMarkdown([long(420)]);
    expect(text).toContain("_Attributes that change: 420 rows are in review.html._");
    expect(text).toContain("### What happens, in order");
  });

  test("still tells the verdict of each environment when nothing else has room", () => {
    const text = reviewMarkdown([long(10), { ...long(10), environment: "second" }], 300);
    expect([...text].length).toBeLessThanOrEqual(301);
    expect(text).toMatch(/lint: block\n- second: block/);
  });
});

test("the same review gives the same bytes", () => {
  const twice = [0, 1].map(() => {
    const one = review(inputOf({}, { "streams[0].maxAge": "1d" }));
    return [
      reviewHtml([one]),
      reviewMarkdown([one]),
      JSON.stringify(reviewSarif([one], nowhere, "1")),
      JSON.stringify(one),
    ];
  });
  expect(twice[0]).toEqual(twice[1]);
});

test("SARIF says at most a thousand results, each with a fingerprint that no line moves", () => {
  const many = {
    ...blocked,
    reasons: Array.from({ length: 1500 }, () => blocked.reasons[0] as Review["reasons"][number]),
  };
  const { runs } = reviewSarif([many], nowhere, "1.0.0") as {
    runs: { results: { partialFingerprints: object; level: string }[]; automationDetails: { id: string } }[];
  };
  expect(runs[0]?.results).toHaveLength(1000);
  expect(runs[0]?.automationDetails.id).toBe("natsform/lint/");
  const other = reviewSarif([many], () => ({ file: "environments/lint.ts", line: 99 }), "1.0.0") as typeof many & {
    runs: typeof runs;
  };
  expect(other.runs[0]?.results[0]?.partialFingerprints).toEqual(runs[0]?.results[0]?.partialFingerprints);
});
