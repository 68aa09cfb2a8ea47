import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ECRClient } from "@aws-sdk/client-ecr";
import { imageFolder, imageTag } from "../../artifacts/code-image";
import { writeImageFolder } from "../../artifacts/image-folder";
import { imageSettings } from "../../artifacts/image-settings";
import { toolPath } from "../../cli/core/toolbox/find";
import { withLogin } from "../../cli/images/registry";
import { baseImage } from "../../cli/images/settings";
import { tarFile } from "../../cli/images/tar";
import { programsAs } from "../../model/topology";
import { type OpenMoto, startOpenMoto } from "../support/moto";

const root = mkdtempSync(join(tmpdir(), "natsform-images-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const base = (digit: string) => `docker.io/library/node:24-alpine@sha256:${digit.repeat(64)}`;

describe("the base", () => {
  test("is what the option says, or the environment", () => {
    expect(baseImage(base("a"), { NATSFORM_IMAGE_BASE: base("b") })).toBe(base("a"));
    expect(baseImage(undefined, { NATSFORM_IMAGE_BASE: base("b") })).toBe(base("b"));
  });
  test.each([
    undefined,
    "",
    "node:24-alpine",
    "node@sha256:12",
    `node@sha256:${"g".repeat(64)}`,
    `-x@sha256:${"a".repeat(64)}`,
  ])("%s is refused", (reference) => {
    expect(() => baseImage(reference, {})).toThrow(/base image/);
  });
});

test("a tag follows from program, base and settings alone", () => {
  const tag = (folder: string, digit?: string) =>
    writeImageFolder(join(root, folder), "streams", digit === undefined ? undefined : base(digit));
  const first = tag("one", "a");
  expect(tag("two/deeper", "a")).toBe(first);
  expect(tag("one", "b")).not.toBe(first);
  expect(tag("one")).not.toBe(first);
  expect(writeImageFolder(join(root, "one"), "auth-callout", base("a"))).not.toBe(first);

  // What lies there from before is no part of an image.
  writeFileSync(join(imageFolder(join(root, "one"), "streams"), "leftover"), "");
  expect(tag("one", "a")).toBe(first);
  expect(imageTag(imageFolder(join(root, "one"), "streams"))).toBe(first);
});

test.each(programsAs("image"))("the Dockerfile of %s says what the image's settings say", (program) => {
  const text = readFileSync(join(__dirname, "../../runtime", program, "Dockerfile"), "utf8");
  const { user, entrypoint, workingFolder, env } = imageSettings(program, base("a"));
  expect(text).toMatch(/^ARG BASE\nFROM \$\{BASE\}\nCOPY main.cjs \/app\/main.cjs$/m);
  expect(text).toContain(`\nUSER ${user}\n`);
  expect(text).toContain(`\nWORKDIR ${workingFolder}\n`);
  expect(text).toContain(`\nENTRYPOINT ${JSON.stringify(entrypoint).replaceAll(",", ", ")}\n`);
  for (const [name, value] of Object.entries(env)) expect(text).toContain(`\nENV ${name}=${value}\n`);
});

test("an archive is the same whatever the order, and tar reads it", () => {
  const content = new TextEncoder().encode("x".repeat(700));
  const entries = [{ path: "app/main.cjs", content }, { path: "app" }];
  const archive = tarFile(entries);
  expect(Buffer.from(tarFile([...entries].reverse())).equals(Buffer.from(archive))).toBe(true);
  const file = join(root, "layer.tar");
  writeFileSync(file, archive);
  const listed = execFileSync("tar", ["--numeric-owner", "-tvf", file], {
    encoding: "utf8",
    env: { ...process.env, TZ: "UTC" },
  });
  expect(
    listed
      .trim()
      .split("\n")
      .map((line) => line.replace(/\s+/g, " ")),
  ).toEqual(["drwxr-xr-x 0/0 0 1970-01-01 00:00 app/", "-rw-r--r-- 0/0 700 1970-01-01 00:00 app/main.cjs"]);
  expect(execFileSync("tar", ["-xOf", file, "app/main.cjs"], { encoding: "utf8" })).toBe("x".repeat(700));
});

const withTools = toolPath("crane") && toolPath("moto") ? describe : describe.skip;
withTools("the login at ECR", () => {
  let moto: OpenMoto;
  beforeAll(async () => {
    moto = await startOpenMoto();
  });
  afterAll(() => moto?.stop());

  test("lies in a folder of its own, for its owner alone, and is gone afterwards", async () => {
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    const client = (region: string) => new ECRClient({ region, endpoint: moto.url, credentials });
    const registry = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";
    let folder = "";
    await withLogin(
      registry,
      async (dockerConfig) => {
        folder = dockerConfig ?? "";
        expect(statSync(folder).mode & 0o777).toBe(0o700);
        const { auths } = JSON.parse(readFileSync(join(folder, "config.json"), "utf8"));
        expect(Buffer.from(auths[registry].auth, "base64").toString()).toMatch(/^AWS:.+/);
      },
      client,
    );
    expect(existsSync(folder)).toBe(false);
  });

  test("is left to the user for any other registry", async () => {
    expect(await withLogin("registry.example.com", async (dockerConfig) => dockerConfig)).toBeUndefined();
  });
});
