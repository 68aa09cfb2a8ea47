import { type Answer, withBody } from "./proxy";
import type { AwsRequest } from "./request";

/**
 * Removes the change from answers to Terraform. The emulator applies every change before it answers, but Terraform
 * would sleep 10 to 30 seconds before it checks one. Programs get the same answer as on AWS.
 */
export function hideChange(request: AwsRequest, answer: Answer): Answer {
  if (!request.fromTerraform || answer.status >= 300 || request.action === "GetChange") return answer;
  const text = answer.body.toString("utf8");
  const without = text.replace(/<ChangeInfo>[\s\S]*?<\/ChangeInfo>/, "");
  return without === text ? answer : withBody(answer, without);
}
