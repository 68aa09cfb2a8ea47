import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkout, natsform } from "../support/cli-run";

const folder = mkdtempSync(join(tmpdir(), "natsform-subjects-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the file is written whole, left alone when it fits, and compared in CI", async () => {
  const out = join(folder, "subjects.ts");
  const run = (...more: string[]) => natsform(checkout, ["subjects", "demo", "--out", out, ...more]);
  expect(await run("--check")).toMatchObject({ code: 1, stderr: expect.stringContaining("is not there") });
  expect(await run()).toMatchObject({ code: 0, stdout: `${out} written\n` });
  expect(await run()).toMatchObject({ code: 0, stdout: `${out} unchanged\n` });
  expect(await run("--check")).toMatchObject({ code: 0, stdout: `${out} is up to date\n` });
  const text = readFileSync(out, "utf8");
  expect(text).toContain('"ORDERS": {"name":"ORDERS"');
  writeFileSync(out, text.replace("fulfilment", "fulfillment"));
  expect(await run("--check")).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringContaining("fix: natsform subjects demo --out"),
  });
  expect(readdirSync(folder)).toEqual(["subjects.ts"]);
});
