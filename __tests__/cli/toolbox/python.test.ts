import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { zipSync } from "fflate";
import { packageRoot } from "../../../bin/built";
import { toolPath } from "../../../cli/core/toolbox/find";
import { type MadeTool, tools } from "../../../cli/core/toolbox/list";
import { CannotMake, makeTool } from "../../../cli/core/toolbox/make";

const requirements = tools.flatMap((tool) =>
  tool.kind === "made" && tool.way.by === "python"
    ? [tool.way.requirements, ...(tool.way.sources ? [tool.way.sources] : [])]
    : [],
);

test.each(requirements)("every package in %s is one version, with the SHA-256 of what may be installed", (file) => {
  const text = readFileSync(join(packageRoot, file), "utf8").replaceAll("\\\n", " ");
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  expect(lines.length).toBeGreaterThan(0);
  for (const line of lines) expect(line).toMatch(/^[\w.-]+==[\w.]+ *(; [^-]+)?( +--hash=sha256:[0-9a-f]{64})+$/);
});

const python = toolPath("python3");
(python ? describe : describe.skip)("pip", () => {
  const folder = mkdtempSync(join(tmpdir(), "natsform-pip-"));
  const before = { ...process.env };
  afterAll(() => {
    process.env = before;
    rmSync(folder, { recursive: true, force: true });
  });

  const text = (value: string) => new TextEncoder().encode(value);
  const info = "hello-1.0.dist-info";
  const wheel = zipSync({
    "hello.py": text("def main():\n    print('hello')\n"),
    [`${info}/METADATA`]: text("Metadata-Version: 2.1\nName: hello\nVersion: 1.0\n"),
    [`${info}/WHEEL`]: text("Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
    [`${info}/entry_points.txt`]: text("[console_scripts]\nhello = hello:main\n"),
    [`${info}/RECORD`]: text(""),
  });
  const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

  /** A tool of that wheel, found in a folder instead of an index. */
  function make(list: string, sources?: string): Promise<string> {
    writeFileSync(join(folder, "hello-1.0-py3-none-any.whl"), wheel);
    writeFileSync(join(folder, "list.txt"), list);
    process.env = { ...before, PIP_NO_INDEX: "1", PIP_FIND_LINKS: folder, NATSFORM_CACHE: join(folder, "cache") };
    if (sources !== undefined) writeFileSync(join(folder, "sources.txt"), sources);
    const way = {
      by: "python",
      requirements: relative(packageRoot, join(folder, "list.txt")),
      ...(sources !== undefined && { sources: relative(packageRoot, join(folder, "sources.txt")) }),
      program: "hello",
    } as const;
    const tool: MadeTool = {
      kind: "made",
      name: "hello",
      version: "1.0",
      place: "python/hello-1.0",
      purpose: "a test",
      way,
    };
    return makeTool(tool, python ?? "", new AbortController().signal);
  }

  test("installs nothing whose hash is another one, or stands nowhere", async () => {
    await expect(make(`hello==1.0 --hash=sha256:${"0".repeat(64)}\n`)).rejects.toMatchObject({
      reason: expect.stringContaining("DO NOT MATCH THE HASHES"),
    });
    await expect(make("hello==1.0\n")).rejects.toBeInstanceOf(CannotMake);
    // Sources bring a program that makes the package, and fetch what it needs.
    const sources = text("sources");
    writeFileSync(join(folder, "hello-2.0.tar.gz"), sources);
    await expect(make(`hello==2.0 --hash=sha256:${sha256(sources)}\n`)).rejects.toMatchObject({
      reason: expect.stringContaining("No matching distribution found for hello==2.0"),
    });
    // Sources that are named are held by their hash too.
    await expect(
      make(`hello==1.0 --hash=sha256:${sha256(wheel)}\n`, `hello==2.0 --hash=sha256:${"0".repeat(64)}\n`),
    ).rejects.toMatchObject({ reason: expect.stringContaining("DO NOT MATCH THE HASHES") });
    expect(await make(`hello==1.0 --hash=sha256:${sha256(wheel)}\n`)).toBe(
      join(folder, "cache/python/hello-1.0/bin/hello"),
    );
  });
});
