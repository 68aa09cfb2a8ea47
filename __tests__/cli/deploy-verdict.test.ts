import { handleError } from "../../cli/core/handle-error";
import { silentHost } from "../../cli/core/host";
import { Interrupted } from "../../cli/core/interrupts";
import { Blocked, UserError } from "../../cli/core/project";
import { planIfPossible, planOrWait } from "../../cli/deploy/show-plan";
import type { StackState } from "../../cli/deploy/states/state";
import type { Survey } from "../../cli/deploy/survey";
import type { Allowed, DeployTarget } from "../../cli/deploy/target";
import { refuseFailure, StateLocked } from "../../cli/deploy/terraform-messages";
import { refuseBlocked, reviewDeployment, reviewStack, showVerdict } from "../../cli/deploy/verdict";
import demo from "../../environments/demo";
import kubernetesProduction from "../../environments/kubernetes-production";
import { type Environment, type EnvironmentInput, parseEnvironment } from "../../model/config";
import { nothingPlanned, type PlanJson, type Review, readPlan } from "../../model/review";
import { buildTopology, clusterTopology, holdsServers, stackPlan, stackRecord } from "../../model/topology";
import { changeOf } from "../../templates/change";

/** An environment with some of its settings changed, and its first stream's age. */
function environmentWith(maxAge: string, more: object = {}, input: EnvironmentInput = demo): Environment {
  const [first, ...others] = structuredClone(input.streams ?? []);
  const streams = [{ ...first, maxAge }, ...others];
  const { environment, problems } = parseEnvironment({ ...structuredClone(input), streams, ...more });
  if (!environment) throw new Error(JSON.stringify(problems));
  return environment;
}
const [before, shorter] = [environmentWith("7d"), environmentWith("1d")];
const stream = demo.streams?.[0]?.name ?? "";
const at = `streams.${stream}.maxAgeMs`;

/** What a deployment of one environment over another is judged to be. */
function judged(
  after: Environment,
  {
    allowed,
    emulator,
    document,
    of = before,
  }: { allowed?: Allowed; emulator?: object; document?: PlanJson; of?: Environment } = {},
): Review[] {
  const [from, topology] = [buildTopology(of), buildTopology(after)];
  const target = { environment: after, topology, allowed, emulator } as unknown as DeployTarget;
  const states = stackPlan(from).map(
    (stack): StackState => ({
      id: stack.id,
      resources: [],
      record: stackRecord(from, stack, before.deletionProtection),
      ...(holdsServers(stack) && { topology: clusterTopology(from, stack.cluster ?? "") }),
    }),
  );
  const clusters = [...new Set(stackPlan(topology).flatMap(({ cluster }) => cluster ?? []))];
  const survey: Survey = {
    states: new Map(states.map((state) => [state.id, state])),
    left: [],
    change: changeOf(states, topology, clusters),
  };
  const [first] = stackPlan(topology);
  const stacks = [document ? readPlan(document, first?.id ?? "") : nothingPlanned(first?.id ?? "")];
  return reviewDeployment(target, survey, stacks);
}
const blocking = (reviews: readonly Review[]) =>
  reviews.flatMap(({ reasons }) => reasons.filter(({ verdict }) => verdict === "block").map(({ rule }) => rule));

test("what is deployed is what a deployment is compared with, and the same is no change", () => {
  expect(judged(before)).toMatchObject([{ verdict: "allow", reasons: [], isNew: false }]);
});

test.each<[string, EnvironmentInput, object | undefined]>([
  ["on AWS", demo, undefined],
  ["on an emulated AWS", demo, {}],
  ["on Kubernetes", kubernetesProduction, undefined],
])("a loss that nobody has accepted is refused %s", (_, input, emulator) => {
  const [of, after] = [environmentWith("7d", {}, input), environmentWith("1d", {}, input)];
  const reviews = judged(after, { of, emulator });
  expect(blocking(reviews)).toEqual(["data-lost"]);
  expect(() => refuseBlocked(reviews)).toThrow(Blocked);
  // Whoever was asked about it by itself has agreed.
  refuseBlocked(reviews, ["data-lost"]);
});

test("a loss is accepted by its name, or by the environment, and never for another place", () => {
  expect(blocking(judged(shorter, { allowed: { dataLoss: [stream] } }))).toEqual([]);
  expect(blocking(judged(shorter, { allowed: { dataLoss: ["OTHER"] } }))).toEqual(["data-lost"]);
  const accepting = (place: string) =>
    environmentWith("1d", {
      acknowledge: [{ rule: "data-lost", at: place, reason: "it is in the archive", expires: "2999-01-01" }],
    });
  expect(blocking(judged(accepting(at)))).toEqual([]);
  expect(blocking(judged(accepting("streams.OTHER.maxAgeMs")))).toEqual(["data-lost"]);
});

test("protection that is deployed and switched off is refused", () => {
  const off = environmentWith("7d", { deletionProtection: false });
  expect(before.deletionProtection).toBe(true);
  expect(blocking(judged(off))).toEqual(["protection-removed"]);
});

const zone: PlanJson = {
  format_version: "1.2",
  resource_changes: [
    {
      address: "aws_route53_zone.zone",
      type: "aws_route53_zone",
      change: { actions: ["delete", "create"], before: {}, after: {} },
    },
  ],
};

test("what Terraform would do counts, before anything is applied and for a stack that is planned later", () => {
  expect(blocking(judged(before, { document: zone }))).toEqual(["holder-destroyed"]);
  const target = (environment: Environment) =>
    ({ environment, topology: buildTopology(environment) }) as unknown as DeployTarget;
  const stack = readPlan(zone, "later");
  expect(() => refuseBlocked([reviewStack(target(before), stack)])).toThrow(
    /aws_route53_zone\.zone: replaced, with a gap/,
  );
  const reason = "the name is served elsewhere by now";
  const accepting = environmentWith("7d", {
    acknowledge: [{ rule: "holder-destroyed", at: "aws_route53_zone.zone", reason, expires: "2999-01-01" }],
  });
  refuseBlocked([reviewStack(target(accepting), stack)]);
});

test("the verdict is said with its reasons, and what is refused ends with a code of its own", () => {
  const reviews = judged(shorter);
  const said: string[] = [];
  showVerdict(reviews, { ...silentHost(true), report: (event) => event.code === "notice" && said.push(event.text) });
  expect(said.join("\n")).toMatch(/^[\w-]+: BLOCK\. .*\n {2}✖ .*\(data-lost\)/);
  const write = jest.spyOn(process.stderr, "write").mockReturnValue(true);
  const code = process.exitCode;
  handleError(new Blocked("no"), false);
  expect(process.exitCode).toBe(3);
  process.exitCode = code;
  write.mockRestore();
});

test("a plan that is not possible yet is left for later, and every other failure is one", async () => {
  const [first, ...others] = stackPlan(buildTopology(before));
  const last = others.at(-1);
  if (!first || !last) throw new Error("no stacks");
  const fails = (error: Error) => () => Promise.reject(error);
  const failure = new UserError("x: terraform ended with 1:\n  data.aws_ecr_image.a: couldn't find resource");
  const early = await planIfPossible(last, fails(failure));
  expect([early.plan, early.review.missing]).toEqual([
    undefined,
    expect.stringMatching(/before others are applied: .*couldn't find/),
  ]);
  expect(planOrWait(early)).toEqual({ plannedAfter: last.after.at(-1) });
  await expect(planIfPossible(first, fails(failure))).rejects.toBe(failure);
  const lock = { id: "1", who: "a@b", operation: "apply", created: "now" };
  for (const error of [new StateLocked("x", lock), new Interrupted("SIGINT", undefined), new Error("defect")])
    await expect(planIfPossible(last, fails(error))).rejects.toBe(error);
});

test("several errors of Terraform are said in one order, whichever it finds first", () => {
  const said = (...errors: string[]) => {
    const failed = { code: 1, errors, text: "", diagnostics: "", canceled: [], changes: [], outputs: [] };
    try {
      refuseFailure("x", failed);
    } catch (error) {
      return (error as Error).message;
    }
    return undefined;
  };
  expect(said("data.a: no zone", "data.b: no namespace")).toBe(said("data.b: no namespace", "data.a: no zone"));
  expect(said("data.b: no namespace", "data.a: no zone")).toContain("data.a");
});
