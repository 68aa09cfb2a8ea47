import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./support/eventually";
import { filesBelow } from "./support/files";

const folder = mkdtempSync(join(tmpdir(), "natsform-files-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("files are listed while another program replaces and removes what is there", async () => {
  mkdirSync(join(folder, "kept"));
  writeFileSync(join(folder, "kept", "file"), "");
  const busy = `const fs = require("fs");
    for (;;) { fs.mkdirSync("new"); fs.writeFileSync("new/file.tmp", ""); fs.renameSync("new/file.tmp", "new/file"); fs.rmSync("new", { recursive: true }); }`;
  const writer = spawn(process.execPath, ["-e", busy], { cwd: folder, stdio: "ignore" });
  try {
    await eventually("the writer is at work", () => filesBelow(folder).length > 1);
    const seen = new Set(Array.from({ length: 2000 }, () => filesBelow(folder)).flat());
    expect([...seen].filter((file) => !/^(kept\/file|new\/file(\.tmp)?)$/.test(file))).toEqual([]);
    expect(seen).toContain("kept/file");
  } finally {
    writer.kill("SIGKILL");
  }
});

test("a folder that is not there has no files", () => {
  expect(filesBelow(join(folder, "none"))).toEqual([]);
});
