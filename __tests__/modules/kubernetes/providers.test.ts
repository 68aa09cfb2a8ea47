import { App, TerraformStack, Testing } from "cdktf";
import { addVaultProvider } from "../../../modules/kubernetes/providers";

test("the address of Vault stays with its provider", () => {
  const stack = new TerraformStack(new App(), "stack");
  addVaultProvider(stack);
  expect(JSON.parse(Testing.synth(stack)).provider.vault).toEqual([{ add_address_to_env: "false" }]);
});
