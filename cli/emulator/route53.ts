import { type Answer, withBody } from "./proxy";
import type { AwsRequest } from "./request";

/**
 * Every change is in sync here when it is answered. Terraform would first sleep 10 to 30 seconds before it asks whether
 * one is, unless the answer speaks of none; programs are told of it as they are on AWS.
 */
export function hideChange(request: AwsRequest, answer: Answer): Answer {
  if (!request.fromTerraform || answer.status >= 300 || request.action === "GetChange") return answer;
  const text = answer.body.toString("utf8");
  const without = text.replace(/<ChangeInfo>[\s\S]*?<\/ChangeInfo>/, "");
  return without === text ? answer : withBody(answer, without);
}
