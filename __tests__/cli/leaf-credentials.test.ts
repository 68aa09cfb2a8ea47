import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { EnvironmentInput } from "../../model/config";
import { createAuthority } from "../../runtime/x509/authority";
import { joinedEnvironment, joinedLeaf } from "../support/joined-environment";
import { TestProject } from "../support/project";

const project = new TestProject();
afterAll(() => project.remove());

const environment: EnvironmentInput = {
  ...joinedEnvironment({
    hub: {
      platform: { kind: "kubernetes", flavor: "gke" },
      leafHub: true,
      leafAddress: "leaf.example.com",
      foreignLeafs: { branch: { accounts: ["APP", "OTHER"] } },
      tls: { issuer: "vault", mount: "pki-int", role: "nats" },
      jetstream: { domain: "main" },
    },
    edge: joinedLeaf("edge", "eu-west-1"),
  }),
  accounts: { APP: {}, OTHER: {} },
};
const refused = async (...args: string[]) => {
  const { code, stdout, stderr } = await project.natsform(...args);
  expect([code, stdout]).toEqual([1, ""]);
  return stderr;
};
const file = (name: string, text: string) => {
  writeFileSync(join(project.root, name), text);
  return join(project.root, name);
};

test("a hub's authority is noted once it is there; until then check says who waits for it", async () => {
  project.write(environment);
  await project.run("keys", "init", "joined");
  expect(await refused("leaf-credentials", "joined", "branch")).toContain("natsform keys authority joined hub");
  const { code, stdout } = await project.natsform("check", "joined");
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /authorities\.hub: is not known, so its leaf connections are refused by edge \(leaf-authority-unknown\)/,
  );

  const now = new Date();
  for (const name of ["hub", "edge"]) {
    const { cert } = await createAuthority(`CA of ${name}`, 86_400_000, now);
    await project.run("keys", "authority", "joined", name, "--certificates", file(`${name}.crt`, cert));
  }
  expect(await project.run("check", "joined")).not.toContain("leaf-authority-unknown");
  // A second init keeps what was noted.
  const path = join(project.root, "environments/joined.trust.json");
  const before = readFileSync(path, "utf8");
  await project.run("keys", "init", "joined");
  expect(readFileSync(path, "utf8")).toBe(before);
});

test("what is no authority, or of nobody here, is refused without a word of it", async () => {
  const { key } = await createAuthority("somebody", 86_400_000, new Date());
  const stolen = await refused("keys", "authority", "joined", "hub", "--certificates", file("key", key));
  expect(stolen).toMatch(/there is no certificate in it/);
  expect(stolen).not.toContain(key.split("\n")[1]);
  expect(await refused("keys", "authority", "joined", "nobody")).toMatch(/known: hub, edge, branch/);
  expect(await refused("keys", "authority", "joined", "branch")).toMatch(/natsform does not deploy branch/);
  expect(await refused("leaf-credentials", "joined", "nobody")).toMatch(/known: edge, branch/);
});

test("a deployed hub's leaf is told where, as whom, and how its certificate comes about", async () => {
  const said = JSON.parse(await project.run("leaf-credentials", "joined", "branch", "--json"));
  expect(said).toMatchObject({
    urls: ["tls://leaf.example.com:7422"],
    jetstreamDomain: "main",
    users: [
      { account: "APP", key: "user-leaf-branch-APP", file: "leaf-branch-APP.conf" },
      { account: "OTHER", key: "user-leaf-branch-OTHER", file: "leaf-branch-OTHER.conf" },
    ],
  });
  expect(said.certificate.how).toContain("vault write -format=json pki-int-leafnodes/issue/nats-foreign-branch");
  // Two links of one leaf: NATS calls them duplicates unless each has an account of its own.
  expect(said.configuration).toMatch(/account: "APP"[\s\S]*account: "OTHER"/);
  const edge = JSON.parse(await project.run("leaf-credentials", "joined", "edge", "--json"));
  expect(edge.certificate.names).toContain("edge-0.cloudmap.edge.example.com.internal");
});
