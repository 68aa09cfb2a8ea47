import { join } from "node:path";
import { all, contextOf, projectWithCode, type Stack, synthesized } from "../../support/stacks";

const root = projectWithCode();
let stacks: Record<string, Stack>;
beforeAll(async () => {
  const context = await contextOf("kubernetes-production", root, (input) => {
    input.name = "hubbed";
    const { nats } = input.clusters;
    if (!nats) throw new Error("the environment has no cluster nats");
    nats.leafAddress = "leaf.example.com";
    nats.foreignLeafs = { branch: { accounts: ["APP", "LEAF"] } };
  });
  stacks = synthesized([context], join(root, "out"));
});

test("Vault signs the name of a foreign leaf alone, for clients, and the renewal job may not ask for it", () => {
  const pki = stacks["hubbed-nats-pki"];
  const roles = Object.values(all(pki, "vault_pki_secret_backend_role"));
  expect(roles.find(({ name }) => name === "nats-cluster-foreign-branch")).toMatchObject({
    backend: expect.stringContaining("pki-int-leafnodes"),
    allowed_domains: ["branch"],
    allow_bare_domains: true,
    allow_subdomains: false,
    allow_any_name: false,
    client_flag: true,
    server_flag: false,
  });
  const [policy] = Object.values(all(pki, "vault_policy"));
  expect(policy?.policy).toContain("issue/nats-cluster-leafnodes");
  expect(policy?.policy).not.toContain("foreign");
  const leafnodes = roles.find(({ name }) => name === "nats-cluster-leafnodes");
  expect(leafnodes?.allowed_domains).toContain("leaf.example.com");
});

test("the output names a leaf's keys and the command that shows them, and no value of them", () => {
  expect(stacks["hubbed-nats-core"]?.output.leaf_credentials?.value).toEqual({
    branch: {
      urls: ["tls://leaf.example.com:7422"],
      keys: { APP: "creds-leaf-branch-APP", LEAF: "creds-leaf-branch-LEAF" },
      command: "natsform leaf-credentials hubbed branch",
    },
  });
});
