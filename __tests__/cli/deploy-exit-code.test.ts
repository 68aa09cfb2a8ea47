import { type DeploymentPlan, deploymentExitCode } from "../../cli/deploy/deployment";
import { review } from "../../model/review";
import { inputOf } from "../support/review-input";

const nothing: DeploymentPlan = {
  environment: "demo",
  change: { environment: "demo", servers: [], streams: [], losses: [], narrowed: [], forbidden: [], others: [] },
  plans: { "demo-core-nats": { changes: [] }, "demo-core-programs": { changes: [] } },
  reviews: [],
  left: [],
};
const changed = { address: "aws_vpc.x", action: "update", attributes: ["aws_vpc.tags"] };

test.each<[string, Partial<DeploymentPlan>, number]>([
  ["nothing changes", {}, 0],
  ["a stack changes", { plans: { ...nothing.plans, "demo-core-nats": { changes: [changed] } } }, 2],
  ["a stack is planned after another", { plans: { "demo-core-nats": { plannedAfter: "demo-foundation" } } }, 2],
  ["a stack is no longer in the environment", { left: [{ stack: "demo-edge-programs", resources: 1 }] }, 2],
  ["nothing of a stack changes, and servers reload", { change: inputOf({}, { "nats.maxPayload": "2MiB" }).change }, 2],
  ["somebody has to say that it is wanted", { reviews: [review(inputOf({}, {}, { files: ["package.json"] }))] }, 0],
  ["it is not to be applied", { reviews: [review(inputOf({}, { deletionProtection: false }))] }, 3],
])("what `deploy --plan` exits with: %s", (_, more, code) => {
  expect(deploymentExitCode({ ...nothing, ...more })).toBe(code);
});
