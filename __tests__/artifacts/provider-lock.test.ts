import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { keepStackLock, lockName, lockOf, lockText, parseLock, writeStackLock } from "../../artifacts/provider-lock";

const root = mkdtempSync(join(tmpdir(), "natsform-lock-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const block = (name: string, version: string, hash: string) => `provider "registry.terraform.io/hashicorp/${name}" {
  version     = "${version}"
  constraints = "${version}"
  hashes = [
    "h1:${hash}=",
  ]
}
`;
/** As Terraform writes it. */
const terraforms = (...blocks: string[]) =>
  ['# This file is maintained automatically by "terraform init".\n', ...blocks].join("\n");
const aws = { source: "aws", version: "5.100.0" };
const helm = { source: "registry.terraform.io/hashicorp/helm", version: "3.1.1" };

function stackOf(name: string, ...required: object[]): string {
  const folder = join(root, name);
  mkdirSync(folder, { recursive: true });
  const required_providers = Object.fromEntries(required.map((one, i) => [`p${i}`, one]));
  writeFileSync(join(folder, "cdk.tf.json"), JSON.stringify({ terraform: { required_providers } }));
  return folder;
}
const lockIn = (folder: string) => readFileSync(join(folder, lockName), "utf8");

test("what is written is read again, the same in any order", () => {
  const lock = parseLock(terraforms(block("helm", "3.1.1", "b"), block("aws", "5.100.0", "a")));
  expect([...parseLock(lockText(lock))]).toEqual([...lock].reverse());
});

test("a stack gets its own providers, in the version that it requires, or nothing of them", () => {
  const lock = parseLock(terraforms(block("aws", "5.100.0", "a"), block("helm", "3.1.0", "b")));
  expect([...lockOf(lock, [aws, helm])]).toEqual([
    ["registry.terraform.io/hashicorp/aws", block("aws", "5.100.0", "a")],
  ]);
  expect(lockOf(lock, [{ source: "other/aws", version: "5.100.0" }]).size).toBe(0);
});

test("a project keeps what each stack was locked to, and never another package of the same version", () => {
  const project = join(root, "project");
  const [one, other] = [stackOf("one", aws), stackOf("other", aws, helm)];
  expect([writeStackLock(project, one), existsSync(join(one, lockName))]).toEqual([false, false]);
  writeFileSync(join(one, lockName), terraforms(block("aws", "5.100.0", "a")));
  keepStackLock(project, one);
  expect(writeStackLock(project, other)).toBe(false);
  // What is known is there for Terraform to compare with.
  expect([...parseLock(lockIn(other)).values()]).toEqual([block("aws", "5.100.0", "a")]);
  writeFileSync(join(other, lockName), terraforms(block("aws", "5.100.0", "forged"), block("helm", "3.1.1", "b")));
  keepStackLock(project, other);
  expect([...parseLock(lockIn(project)).values()]).toEqual([block("aws", "5.100.0", "a"), block("helm", "3.1.1", "b")]);
  expect(writeStackLock(project, other)).toBe(true);
  expect(lockIn(other)).toBe(lockIn(project));
});

test("an update of natsform brings another version", () => {
  const project = join(root, "updated");
  mkdirSync(project);
  writeFileSync(join(project, lockName), terraforms(block("aws", "5.99.0", "old")));
  const stack = stackOf("stack", aws);
  expect(writeStackLock(project, stack)).toBe(false);
  writeFileSync(join(stack, lockName), terraforms(block("aws", "5.100.0", "new")));
  keepStackLock(project, stack);
  expect(writeStackLock(project, stack)).toBe(true);
  expect(lockIn(project)).not.toContain("5.99.0");
});
