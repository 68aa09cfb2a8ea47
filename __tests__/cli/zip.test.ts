import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { strFromU8, unzipSync } from "fflate";
import { bundleText, deployed } from "../../artifacts/bundle-text";
import { writeCode } from "../../artifacts/code";
import { lambdaZip } from "../../artifacts/code-zip";
import { zipFile } from "../../artifacts/zip";
import { packageRoot } from "../../bin/built";

const folder = mkdtempSync(join(tmpdir(), "natsform-zip-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A checkout of its own, deeper or not, with other times on its files. */
function checkout(path: string, year: number): string {
  const root = join(folder, path);
  cpSync(join(packageRoot, "runtime"), join(root, "runtime"), { recursive: true });
  symlinkSync(join(packageRoot, "node_modules"), join(root, "node_modules"));
  const time = new Date(year, 5, 1);
  utimesSync(join(root, "runtime/auth-callout/index.ts"), time, time);
  return root;
}

test("the same sources give the same bytes, wherever and whenever they were written", () => {
  const [here = "", ...elsewhere] = [packageRoot, checkout("a", 2020), checkout("much/deeper/b", 2024)].map(
    (root) => bundleText("runtime/auth-callout/index.ts", root, deployed).text,
  );
  // Not compared as text: a million characters help nobody who reads a failure.
  expect(elsewhere.map((text) => text === here)).toEqual([true, true]);
  expect(here.length).toBeGreaterThan(100_000);
  expect([folder, packageRoot, "node_modules/"].filter((path) => here.includes(path))).toEqual([]);
});

test("a zip is the same in every time zone", () => {
  const source = `import { zipFile } from ${JSON.stringify(join(packageRoot, "artifacts/zip"))};
    console.log(Buffer.from(zipFile("index.js", "exports.handler = () => 1")).toString("hex"));`;
  const file = join(folder, "zones.ts");
  writeFileSync(file, source);
  const here = Buffer.from(zipFile("index.js", "exports.handler = () => 1")).toString("hex");
  for (const TZ of ["Pacific/Kiritimati", "America/Los_Angeles"]) {
    const env = { ...process.env, TZ };
    const there = execFileSync(join(packageRoot, "node_modules/.bin/tsx"), [file], { encoding: "utf8", env });
    expect(there.trim()).toBe(here);
  }
});

test("a Lambda's zip holds index.js, which exports the handler, and is left alone when nothing changed", () => {
  const zip = lambdaZip(folder, "dns-sync");
  expect(zip).toBe(join(folder, ".natsform/lambda/dns-sync.zip"));
  writeCode(folder);
  const { mtimeMs } = statSync(zip);
  writeCode(folder);
  expect(statSync(zip).mtimeMs).toBe(mtimeMs);

  const files = unzipSync(readFileSync(zip));
  expect(Object.keys(files)).toEqual(["index.js"]);
  const code = join(folder, "index.js");
  writeFileSync(code, strFromU8(files["index.js"] ?? new Uint8Array()));
  const run = `console.log(typeof require(${JSON.stringify(code)}).handler)`;
  const env = {
    HOSTED_ZONE_ID: "Z1",
    RECORD_NAME: "nats.example.com",
    OWNERSHIP_RECORD_NAME: "_nats.example.com",
    OWNER: "o",
    ECS_CLUSTER: "c",
    ECS_SERVICES: "s",
  };
  expect(execFileSync(process.execPath, ["-e", run], { encoding: "utf8", env }).trim()).toBe("function");
});
