/**
 * Attributes that the emulated AWS does not return as they were set, so that Terraform plans to set them again. Exact
 * names of `type.attribute`, each with what is missing; tests assert that a plan shows all of these and no others.
 */
export const motoDifferences: Readonly<Record<string, string>> = {
  "aws_ecs_service.availability_zone_rebalancing": "is not returned",
  "aws_ecs_service.enable_ecs_managed_tags": "is not returned until the service is updated",
  "aws_ecs_service.health_check_grace_period_seconds": "is not returned",
  "aws_lambda_function.dead_letter_config": "is not returned; the emulator keeps it",
  "aws_lambda_function.kms_key_arn": "is not returned",
  "aws_lambda_function.logging_config": "is not returned",
  "aws_vpc_security_group_egress_rule.description": "is lost where the rule names a security group",
  "aws_vpc_security_group_ingress_rule.description": "is lost where the rule names a security group",
};
