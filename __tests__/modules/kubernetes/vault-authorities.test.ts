import { VaultAuthorities } from "../../../modules/kubernetes/vault-authorities";
import { made } from "../../support/construct";
import { onKubernetes } from "../../support/kubernetes-context";
import type { Block } from "../../support/stacks";

let authorities: Record<string, Block[]>;
beforeAll(async () => {
  const context = await onKubernetes();
  authorities = made((scope) => new VaultAuthorities(scope, "v", context));
});

test("no authority's key leaves Vault", () => {
  const keys = [
    ...(authorities.vault_pki_secret_backend_root_cert ?? []),
    ...(authorities.vault_pki_secret_backend_intermediate_cert_request ?? []),
  ];
  expect(keys.length).toBeGreaterThan(1);
  for (const { type } of keys) expect(type).toBe("internal");
});

test("an intermediate makes no further authorities", () => {
  const signed = authorities.vault_pki_secret_backend_root_sign_intermediate ?? [];
  expect(signed.length).toBeGreaterThan(0);
  for (const { max_path_length } of signed) expect(max_path_length).toBe(0);
});

test("protected authorities are not destroyed", () => {
  const mounts = authorities.vault_mount ?? [];
  expect(mounts.length).toBeGreaterThan(1);
  for (const { lifecycle } of mounts) expect(lifecycle).toEqual({ prevent_destroy: true });
});
