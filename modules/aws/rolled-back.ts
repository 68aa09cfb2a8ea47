import { Op, type Postcondition, TerraformSelf } from "cdktf";

/**
 * Condition after an apply of an ECS service: it runs the task definition that it was given. ECS rolls a release that
 * does not start back, and is then as steady as ever: Terraform calls that a success, and would go on to the next server
 * (terraform-provider-aws#20858).
 */
export const runsWhatIsWanted = (service: string, definitionArn: string): Postcondition => ({
  condition: Op.eq(TerraformSelf.getString("task_definition"), definitionArn),
  errorMessage: `ECS has rolled ${service} back: tasks of the new definition do not start. Its events and the log of its tasks say why. Nothing after it was changed.`,
});
