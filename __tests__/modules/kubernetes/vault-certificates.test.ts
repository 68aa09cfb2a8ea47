import { VaultCertificates } from "../../../modules/kubernetes/vault-certificates";
import { made } from "../../support/construct";
import { onKubernetes } from "../../support/kubernetes-context";
import type { Block } from "../../support/stacks";

let issued: Block[];
let trusted: Record<string, string>;
beforeAll(async () => {
  const context = await onKubernetes((cluster) => {
    Object.assign(cluster.tls ?? {}, { vault: { renewal: "terraform" } });
  });
  const resources = made((scope) => {
    const made = new VaultCertificates(scope, "v", { context, roles: new Map(), root: "ROOT" });
    trusted = made.contents.get(context.names.certificates.authorities)?.data ?? {};
  });
  issued = resources.vault_pki_secret_backend_cert ?? [];
});

test("a certificate is requested again when a third of its life is left", () => {
  expect(issued.length).toBeGreaterThan(1);
  for (const one of issued) {
    expect(one).toMatchObject({ auto_renew: true, min_seconds_remaining: Number.parseInt(String(one.ttl), 10) / 3 });
  }
});

test("programs trust the root; routes and leaf nodes trust their own authority, and not all that the root has signed", () => {
  const rooted = Object.keys(trusted).filter((key) => trusted[key]?.includes("ROOT"));
  expect(rooted).toEqual(["internal.crt"]);
  expect(Object.keys(trusted).length).toBeGreaterThan(2);
});
