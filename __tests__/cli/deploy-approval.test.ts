import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assertApproved, readApproval } from "../../cli/deploy/approval";
import { reviewReports } from "../../cli/report";
import { headOf } from "../../cli/review/base-revision";
import { nothingPlanned, review, type StackReview } from "../../model/review";
import { natsform } from "../support/cli-run";
import { inputOf } from "../support/review-input";

const root = mkdtempSync(join(tmpdir(), "natsform-approval-"));
const git = (...args: string[]) =>
  execFileSync("git", ["-C", root, "-c", "user.name=t", "-c", "user.email=t@example.com", ...args], {
    encoding: "utf8",
  });
const file = join(root, "report", "review.json");
const stack: StackReview = {
  ...nothingPlanned("core"),
  changes: [{ address: "object.a", type: "aws_s3_object", action: "made", differences: [{ path: "key", to: "x" }] }],
};

beforeAll(() => {
  git("init", "-q", "-b", "main");
  writeFileSync(join(root, ".gitignore"), "report\n");
  execFileSync("mkdir", ["-p", join(root, "report")]);
  git("add", ".");
  git("commit", "-qm", "one");
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A report of what is checked out, as the command writes it. */
function written(
  stacks: StackReview[] = [stack],
  change: Record<string, unknown> = {},
): { name: string; text: string } {
  const made = { ...review(inputOf({}, {}, { stacks })), verdict: "acknowledge" as const, ...change };
  const text = reviewReports(root, [made], headOf(root))["review.json"] ?? "";
  writeFileSync(file, text);
  return { name: made.environment, text };
}
const read = (environment: string, digest?: string) => readApproval({ file, digest }, { root, environment });
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

test("a report of what is checked out approves its plans, and no others", () => {
  const { name, text } = written();
  const approval = read(name, sha256(text));
  expect(() => assertApproved(approval, [stack])).not.toThrow();
  const other = { ...stack, changes: [...stack.changes, { ...stack.changes[0], address: "object.b" }] } as StackReview;
  expect(() => assertApproved(approval, [other])).toThrow(
    /not what was approved, and nothing of it was touched:\n {2}core: object.b is to be made, which was not approved/,
  );
});

test("everything for which a report approves nothing is said at once", () => {
  const { name } = written([], { verdict: "block" });
  writeFileSync(join(root, "new.ts"), "1");
  git("add", ".");
  git("commit", "-qm", "two");
  writeFileSync(join(root, "new.ts"), "2");
  const commit = git("rev-parse", "HEAD").trim();
  let said = "";
  try {
    read(name, "0".repeat(64));
  } catch (error) {
    said = String(error);
  }
  git("checkout", "-q", "--", ".");
  for (const problem of [
    `and ${"0".repeat(64)} was approved`,
    "it was made without plans",
    "its verdict is BLOCK",
    `and ${commit} is checked out`,
    "files are others than in the revision that is checked out",
  ])
    expect(said).toContain(problem);
  expect(() => read("elsewhere")).toThrow("it has no review of elsewhere");
});

test("a report that was made of files in no revision approves nothing", () => {
  writeFileSync(join(root, "fresh.ts"), "1");
  const { name } = written();
  rmSync(join(root, "fresh.ts"));
  expect(() => read(name)).toThrow("it was made of files that are in no revision");
});

test("what is no report is said, with the way to one", () => {
  for (const text of ["", "{}", '{"reviews":1}']) {
    writeFileSync(file, text);
    expect(() => read("demo")).toThrow("is no review.json");
  }
  expect(() => readApproval({ file: join(root, "none.json") }, { root, environment: "demo" })).toThrow(
    "there is no file",
  );
});

test.each([
  [["--approved-digest", "ab"], "--approved-digest is of a file"],
  [["--approved", "x.json", "--plan"], "leave out --plan"],
  [["--approved", "x.json", "--destroy"], "leave out --destroy"],
])("%j cannot be meant", async (options, said) => {
  const { code, stderr } = await natsform(root, ["deploy", "demo", ...options]);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(said) });
});
