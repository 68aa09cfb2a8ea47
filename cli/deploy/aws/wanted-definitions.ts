import type { StackState } from "../states/state";

/**
 * The task definition that Terraform wants a service to run, from the state of the service's stack: of the same family.
 * What the service names itself may be one that ECS went back to.
 */
export const wantedDefinition = ({ resources }: StackState, family: string): string | undefined =>
  resources.flatMap(({ type, attributes }) =>
    type === "aws_ecs_task_definition" && attributes.family === family ? [String(attributes.arn)] : [],
  )[0];

/** For people: `demo-core-0:2`, and what it should be where it is another. */
export function definitionText(running: string | undefined, wanted: string | undefined): string {
  const short = (arn = "") => arn.split("/").at(-1) ?? "";
  return running === wanted ? short(running) : `${short(running)} instead of ${short(wanted)}: ECS has rolled it back`;
}
