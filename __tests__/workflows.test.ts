import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { marker } from "../templates/review";

const text = (name: string) => readFileSync(resolve(__dirname, "../docs/workflows", name), "utf8");

interface Workflow {
  on: Record<string, unknown>;
  permissions: Record<string, string>;
  jobs: Record<string, { steps: { uses?: string; run?: string; with?: Record<string, unknown> }[] }>;
}
const workflow = (name: string) => parse(text(name)) as Workflow;
const stepsOf = ({ jobs }: Workflow) => Object.values(jobs).flatMap(({ steps }) => steps);

test("the job that runs a pull request's code has no secret, no script of a package and no right to write", () => {
  const review = workflow("github-review.yml");
  expect(Object.keys(review.on)).toEqual(["pull_request"]);
  expect(review.permissions).toEqual({ contents: "read" });
  expect(text("github-review.yml")).not.toMatch(/secrets\.|github\.token|GITHUB_TOKEN/);
  expect(stepsOf(review).flatMap(({ run }) => run?.match(/npm \w+.*/g) ?? [])).toEqual(["npm ci --ignore-scripts"]);
  expect(stepsOf(review)[0]?.with).toMatchObject({ "persist-credentials": false, "fetch-depth": 0 });
  // What comes from a pull request is no part of a script: it is a variable.
  for (const { run = "" } of stepsOf(review)) expect(run).not.toContain("${{");
});

test("the job that may write runs nothing of the pull request", () => {
  const comment = workflow("github-comment.yml");
  expect(comment.permissions).toEqual({ actions: "read", "pull-requests": "write" });
  expect(stepsOf(comment).map(({ uses }) => uses?.split("@")[0])).toEqual([
    "actions/download-artifact",
    "actions/github-script",
  ]);
  expect(stepsOf(comment).flatMap(({ run }) => run ?? [])).toEqual([]);
});

test("the job for GitLab is one that runs, and fails on an error and on BLOCK", () => {
  const { script } = (parse(text("gitlab-review.yml")) as Record<string, { script: string[] }>)["natsform review"] as {
    script: string[];
  };
  expect(script.every((line) => typeof line === "string")).toBe(true);
  expect(script.at(-1)).toBe('[ "$code" != 1 ] && [ "$code" != 3 ]');
});

test("a deployment is what was read: by its digest, with no plan that leaves the job, and no secret", () => {
  const { permissions, jobs } = parse(text("github-deploy.yml")) as Workflow & {
    jobs: Record<
      string,
      { permissions: object; environment?: string; needs?: string; outputs?: Record<string, string> }
    >;
  };
  const { plan, deploy } = jobs;
  const login = { contents: "read", "id-token": "write" };
  expect([permissions, plan?.permissions, deploy?.permissions]).toEqual([{ contents: "read" }, login, login]);
  expect(text("github-deploy.yml")).not.toMatch(/secrets\.|github\.token|GITHUB_TOKEN|tfplan/);
  expect([plan?.environment, deploy?.environment, deploy?.needs]).toEqual([undefined, "production", "plan"]);
  const kept = plan?.steps.filter(({ uses }) => uses?.startsWith("actions/upload-artifact"));
  expect(kept?.map((step) => step.with?.path)).toEqual(["review"]);
  const last = deploy?.steps.at(-1);
  expect(last?.run).toMatch(/ --approved "\$REPORT" --approved-digest "\$DIGEST"$/);
  expect(last).toMatchObject({ env: { DIGEST: `$${"{{"} needs.plan.outputs.digest }}` } });
  expect(last?.run).not.toContain("--yes");
});

describe("the comment", () => {
  const folder = mkdtempSync(join(tmpdir(), "natsform-workflow-"));
  const back = process.cwd();
  beforeAll(() => mkdirSync(join(folder, "review")));
  afterAll(() => {
    process.chdir(back);
    rmSync(folder, { recursive: true, force: true });
  });

  const script = String(stepsOf(workflow("github-comment.yml"))[1]?.with?.script);
  type Comment = { id: number; user: { login: string }; body: string };

  /** Runs the script as the action does; GitHub's answers are the only thing that is not real. */
  async function posted(report: string, comments: Comment[], heads: string[] = ["abc"]) {
    writeFileSync(join(folder, "review/review.md"), report);
    process.chdir(folder);
    const calls: { what: string; body: string; issue_number?: number; comment_id?: number }[] = [];
    const call = (what: string) => async (sent: { body: string }) => void calls.push({ what, ...sent });
    const github = {
      paginate: async () => comments,
      rest: {
        pulls: { list: async () => ({ data: heads.map((sha, i) => ({ number: i + 1, head: { sha } })) }) },
        issues: { listComments: null, updateComment: call("update"), createComment: call("create") },
      },
    };
    const run = { head_sha: "abc", head_repository: { owner: { login: "fork" } }, head_branch: "b" };
    const context = { repo: {}, payload: { workflow_run: run } };
    const notices: string[] = [];
    const core = { notice: (notice: string) => void notices.push(notice) };
    await new Function("github", "context", "core", "require", `return (async () => {${script}})()`)(
      github,
      context,
      core,
      require,
    );
    return { calls, notices };
  }

  test("is made once, and edited afterwards; somebody else's with the marker is left alone", async () => {
    expect((await posted(`${marker}\nA`, [])).calls).toMatchObject([{ what: "create", issue_number: 1 }]);
    const theirs = { id: 7, user: { login: "mallory" }, body: `${marker} mine` };
    const own = { id: 8, user: { login: "github-actions[bot]" }, body: `${marker} old` };
    expect((await posted("B", [theirs])).calls).toMatchObject([{ what: "create" }]);
    expect((await posted("B", [theirs, own])).calls).toMatchObject([{ what: "update", comment_id: 8 }]);
  });

  test("is as long as GitHub takes, in characters of four bytes too, with one marker", async () => {
    const { calls } = await posted(`${marker}\n${"𝓬".repeat(90_000)}${marker}`, []);
    const body = calls[0]?.body ?? "";
    expect([...body].length).toBeLessThan(65_536);
    expect(body.split(marker)).toHaveLength(2);
    expect(body.endsWith("\n\nOf abc.")).toBe(true);
  });

  test("is about the revision that was reviewed, or is not posted", async () => {
    const { calls, notices } = await posted("A", [], ["moved"]);
    expect({ calls, notices }).toEqual({ calls: [], notices: [expect.stringContaining("no open pull request")] });
  });
});
