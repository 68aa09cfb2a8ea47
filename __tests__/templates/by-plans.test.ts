import { type PlanJson, type PlannedServers, plannedServers, readPlan, review } from "../../model/review";
import { clusterTopology, type Deployed, deployedNote, noteOutput, recordNames } from "../../model/topology";
import { byPlans } from "../../templates/review";
import type { Changes } from "../support/lint-environment";
import { inputOf } from "../support/review-input";

const age = "streams[0].maxAge";
/** Plan of the servers of a cluster, from and to what they are made from. */
const planOf = (from: Deployed | undefined, to: Deployed): PlanJson => ({
  format_version: "1.2",
  output_changes: {
    [noteOutput]: {
      actions: [from ? "update" : "create"],
      ...(from && { before: deployedNote(from) }),
      after: deployedNote(to),
      before_sensitive: true,
      after_sensitive: true,
    },
  },
});

/** A change of the repository, with plans of core's servers from what is deployed to what they would be made from. */
function reviewed(repository: [Changes, Changes], deployed: Changes | undefined, planned: Changes) {
  const input = inputOf(...repository);
  const noted = (changes: Changes): Deployed => {
    const topology = inputOf({}, changes).after?.topology;
    if (!topology) throw new Error("no topology");
    return { topology: clusterTopology(topology, "core") };
  };
  const plan = planOf(deployed && noted(deployed), noted(planned));
  const servers = plannedServers(plan) as PlannedServers;
  return byPlans(input, [readPlan(plan, "core-nats")], [servers]).map(review);
}
const rules = (reviews: ReturnType<typeof reviewed>) =>
  reviews.map(({ verdict, reasons }) => [verdict, ...new Set(reasons.map(({ rule }) => rule))]);

test("a change is judged from what is deployed, not from what the repository said before", () => {
  const longer = { [age]: "30d" };
  // Nothing in the repository changes; what is deployed still keeps messages for longer.
  expect(rules(reviewed([{}, {}], longer, {}))).toEqual([["block", "data-lost", "deployed-differs"]]);
  expect(rules(reviewed([{}, {}], {}, {}))).toEqual([["allow"]]);
});

test("what is in the repository and deployed already is no change any more", () => {
  const shorter = { [age]: "1d" };
  expect(rules(reviewed([{}, shorter], shorter, shorter))).toEqual([["acknowledge", "deployed-differs"]]);
});

test("a plan of other code than what is checked out blocks", () => {
  expect(rules(reviewed([{}, {}], {}, { "nats.maxPayload": "2MiB" }))).toEqual([["block", "plan-of-other-code"]]);
});

test("a cluster that is new to the cloud starts", () => {
  const [first] = reviewed([{}, {}], undefined, {});
  const core = first?.change.servers.filter(({ cluster }) => cluster === "core").map(({ effect }) => effect);
  expect(new Set(core)).toEqual(new Set(["start"]));
});

test("servers that Terraform starts anew although they would only reload are a mistake that is said", () => {
  const input = inputOf({}, { "nats.maxPayload": "2MiB" });
  const service = (task: string, server = "lint-core-0"): PlanJson["resource_changes"] => [
    {
      ...{ address: "aws_ecs_service.s", type: "aws_ecs_service" },
      change: {
        actions: ["update"],
        before: { name: server, cluster: "c", task_definition: "1" },
        after: { name: server, cluster: "c", task_definition: task },
      },
    },
  ];
  const judged = (resource_changes: PlanJson["resource_changes"], changes = input) =>
    rules(byPlans(changes, [readPlan({ resource_changes }, "core-nats")], []).map(review));
  expect(judged(service("2"))).toEqual([["block", "servers-restart-unseen"]]);
  expect(judged(service("1"))).toEqual([["allow"]]);
  expect(judged(service("2", "lint-other"))).toEqual([["allow"]]);
  const [restarting] = judged(service("2"), inputOf({}, { "clusters.core.jetstream.maxConcurrentIo": 64 }));
  expect(restarting).not.toContain("servers-restart-unseen");
});

test("a plan without the note, or with one that is none, says nothing of servers", () => {
  expect(plannedServers({ output_changes: {} })).toBeUndefined();
  const odd = { actions: ["update"], before: "x", after: 5 };
  expect(plannedServers({ output_changes: { [noteOutput]: odd } })).toEqual({});
  expect(rules(byPlans(inputOf({}, {}), [], [{}]).map(review))).toEqual([["allow"]]);
  expect(recordNames.stack).not.toBe(noteOutput);
});
