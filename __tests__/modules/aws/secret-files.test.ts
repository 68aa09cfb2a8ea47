import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { secretFiles } from "../../../modules/aws/secret-files";

const folder = mkdtempSync(join(tmpdir(), "natsform-secret-files-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const user = process.getuid?.() ?? 0;
const { writer, reader, variables } = secretFiles({
  secrets: [
    { variable: "SEED", valueFrom: "arn:seed" },
    { variable: "CA", valueFrom: "arn:certificate:authorities::" },
  ],
  image: "program",
  user,
  logGroup: "/log",
  region: "eu-west-1",
});
const values = { SEED: "SU secret\n", CA: "line one\nline two\n" };

/** Runs the container's command, with its volume in this folder. */
function run(): void {
  const [program = "", ...args] = [...(writer.entryPoint ?? []), ...(writer.command ?? [])];
  const at = writer.mountPoints?.[0]?.containerPath ?? "";
  execFileSync(
    program,
    args.map((arg) => arg.replace(at, folder)),
    {
      env: { PATH: process.env.PATH, ...values, OTHER: "not asked for" },
      stdio: "pipe",
    },
  );
}

test("each secret becomes a file that the program's user alone reads, and nothing else does", () => {
  run();
  const files = readdirSync(folder).map((name) => {
    const { mode, uid } = statSync(join(folder, name));
    return { name, mode: mode & 0o777, uid, text: readFileSync(join(folder, name), "utf8") };
  });
  expect(files).toEqual([
    { name: "CA", mode: 0o400, uid: user, text: values.CA },
    { name: "SEED", mode: 0o400, uid: user, text: values.SEED },
  ]);
});

test("what lies there already is not written to: it may be a link", () => {
  rmSync(join(folder, "SEED"), { force: true });
  rmSync(join(folder, "CA"), { force: true });
  writeFileSync(join(folder, "SEED"), "somebody's");
  expect(run).toThrow(/EEXIST/);
  expect(readFileSync(join(folder, "SEED"), "utf8")).toBe("somebody's");
});

test("the program finds them by name, starts when they are there, and writes none", () => {
  const at = writer.mountPoints?.[0]?.containerPath;
  expect(variables).toEqual({ SEED_FILE: `${at}/SEED`, CA_FILE: `${at}/CA` });
  expect(reader.dependsOn).toEqual([{ containerName: writer.name, condition: "SUCCESS" }]);
  expect(reader.mountPoints).toEqual([expect.objectContaining({ containerPath: at, readOnly: true })]);
});
