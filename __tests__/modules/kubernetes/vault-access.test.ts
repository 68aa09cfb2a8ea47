import { VaultAccess } from "../../../modules/kubernetes/vault-access";
import { vaultCertificates } from "../../../modules/kubernetes/vault-roles";
import { made } from "../../support/construct";
import { onKubernetes } from "../../support/kubernetes-context";
import type { Block } from "../../support/stacks";

const month = 720 * 3600;
let access: Record<string, Block[]>;
let certificates: ReturnType<typeof vaultCertificates>;
beforeAll(async () => {
  const context = await onKubernetes((cluster) => {
    cluster.foreignLeafs = { factory: { accounts: ["LEAF"] } };
  });
  certificates = vaultCertificates(context);
  access = made((scope) => new VaultAccess(scope, "v", { context }));
});
const roles = () => access.vault_pki_secret_backend_role ?? [];

test("Vault signs the names of a certificate, and no others", () => {
  expect(roles().length).toBeGreaterThan(certificates.length);
  for (const role of roles()) {
    expect(role).toMatchObject({
      allow_bare_domains: true,
      allow_subdomains: false,
      allow_wildcard_certificates: false,
      allow_localhost: false,
      allow_ip_sans: false,
      allow_any_name: false,
      enforce_hostnames: true,
    });
  }
  const named = roles().map(({ allowed_domains }) => allowed_domains);
  expect(named).toEqual(expect.arrayContaining([...certificates.map(({ names }) => names), ["factory"]]));
});

test("a certificate is for what it is used for", () => {
  for (const { names, usages } of certificates) {
    const role = roles().find(
      ({ allowed_domains, client_flag }) =>
        JSON.stringify(allowed_domains) === JSON.stringify(names) && client_flag === usages.includes("client"),
    );
    expect(role).toMatchObject({ server_flag: usages.includes("server"), client_flag: usages.includes("client") });
  }
  expect(certificates.some(({ usages }) => !usages.includes("client"))).toBe(true);
});

test("a foreign leaf's certificate is no server's", () => {
  const leaf = roles().find(({ allowed_domains }) => String(allowed_domains) === "factory");
  expect(leaf).toMatchObject({ server_flag: false, client_flag: true });
});

test("a certificate lives as long as is configured, and not as long as its authority", () => {
  for (const role of roles()) expect(role).toMatchObject({ ttl: String(month), max_ttl: String(month) });
});

test("the renewal job alone logs in, from its namespace, for ten minutes", () => {
  expect(access.vault_kubernetes_auth_backend_role).toEqual([
    expect.objectContaining({
      bound_service_account_names: ["nats-certificate-renewal"],
      bound_service_account_namespaces: ["nats"],
      // A token that a pod has for the API does not do.
      audience: expect.stringMatching(/./),
      token_ttl: 600,
      token_max_ttl: 600,
    }),
  ]);
});

test("it issues the cluster's certificates, and does nothing else in Vault", () => {
  const [policy] = access.vault_policy ?? [];
  const rules = [...String(policy?.policy).matchAll(/path "([^"]+)" \{\n {2}capabilities = (.+)\n\}/g)];
  expect(rules).toHaveLength(certificates.length);
  for (const [, path, capabilities] of rules) {
    expect(path).toMatch(/^[^*+]+\/issue\/[^*+]+$/);
    expect(capabilities).toBe('["update"]');
  }
});

test("no token that reviews others is kept in Vault", () => {
  expect(access.vault_kubernetes_auth_backend_config).toEqual([
    expect.objectContaining({ disable_local_ca_jwt: true }),
  ]);
});
