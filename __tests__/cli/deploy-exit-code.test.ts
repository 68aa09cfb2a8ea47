import { type DeploymentPlan, deploymentExitCode } from "../../cli/deploy/deployment";

const nothing: DeploymentPlan = {
  environment: "demo",
  change: { environment: "demo", servers: [], streams: [], losses: [], narrowed: [], forbidden: [], others: [] },
  plans: { "demo-core-nats": { changes: [] }, "demo-core-programs": { changes: [] } },
  left: [],
};
const changed = { address: "aws_vpc.x", action: "update", attributes: ["aws_vpc.tags"] };

test.each<[string, Partial<DeploymentPlan>, number]>([
  ["nothing changes", {}, 0],
  ["a stack changes", { plans: { ...nothing.plans, "demo-core-nats": { changes: [changed] } } }, 2],
  ["a stack is planned after another", { plans: { "demo-core-nats": { plannedAfter: "demo-foundation" } } }, 2],
  ["a stack is no longer in the environment", { left: [{ stack: "demo-edge-programs", resources: 1 }] }, 2],
  [
    "no single step leads there",
    { change: { ...nothing.change, forbidden: [{ at: "clusters.core", message: "no", steps: "two" }] } },
    1,
  ],
])("what `deploy --plan` exits with: %s", (_, more, code) => {
  expect(deploymentExitCode({ ...nothing, ...more })).toBe(code);
});
