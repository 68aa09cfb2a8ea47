/** The oldest Terraform that the stacks are tried with; each stack states it, so that an older one refuses it itself. */
export const oldestTerraform = "1.11";
