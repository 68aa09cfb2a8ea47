import { type Acknowledgement, judge, type Rule, runRules } from "../../../model/lint";
import { lintChanged } from "../../support/lint-environment";

const r2 = { "streams[0].replicas": 2, "clusters.core.jetstream.durability": "durable" };
const acknowledge = (...list: Partial<Acknowledgement>[]) => ({
  acknowledge: list.map((each) => ({
    rule: "stream-r2",
    reason: "the disks are mirrored",
    expires: "2027-02-01",
    ...each,
  })),
});

test("an acknowledged finding is set aside with its reason and its end", () => {
  const { findings, acknowledged } = lintChanged({ ...r2, ...acknowledge({}) });
  expect(findings).toEqual([]);
  expect(acknowledged).toEqual([
    expect.objectContaining({
      rule: "stream-r2",
      at: "streams[0].replicas",
      reason: "the disks are mirrored",
      expires: "2027-02-01",
    }),
  ]);
});

test("it counts until the day before it expires, and the finding counts again from that day on", () => {
  const changes = { ...r2, ...acknowledge({}) };
  expect(lintChanged(changes, "2027-01-31").findings).toEqual([]);
  expect(lintChanged(changes, "2027-02-01").findings.map(({ rule }) => rule)).toEqual([
    "stream-r2",
    "acknowledgement-expired",
  ]);
});

test("an acknowledgement of another place accepts nothing, and says where the findings are", () => {
  const { findings } = lintChanged({ ...r2, ...acknowledge({ at: "streams[1].replicas" }) });
  expect(findings.map(({ rule, fix }) => [rule, fix])).toEqual([
    ["stream-r2", "use 3 replicas"],
    ["acknowledgement-unused", "its findings are at streams[0].replicas"],
  ]);
});

test("a rule that does not exist is named with its nearest", () => {
  const { findings } = lintChanged(acknowledge({ rule: "stream-R-2" }));
  expect(findings).toEqual([
    expect.objectContaining({
      rule: "acknowledgement-unknown-rule",
      severity: "error",
      at: "acknowledge[0].rule",
      fix: 'did you mean "stream-r2"?',
    }),
  ]);
});

test("findings about acknowledgements cannot be acknowledged", () => {
  const { findings } = lintChanged(acknowledge({}, { rule: "acknowledgement-unused" }));
  expect(findings.map(({ rule, at }) => [rule, at])).toEqual([
    ["acknowledgement-unused", "acknowledge[0]"],
    ["acknowledgement-unused", "acknowledge[1]"],
  ]);
});

describe("the engine over another model", () => {
  interface Plan {
    deletes: string[];
  }
  const deletesData: Rule<Plan> = {
    id: "plan-deletes-data",
    severity: "error",
    title: "A plan deletes data",
    reason: "It is gone.",
    fix: "keep it",
    check: ({ deletes }) => deletes.map((address) => ({ at: address, message: `${address} is deleted` })),
  };
  const findings = runRules([deletesData], { deletes: ["aws_ebs_volume.core-0"] });
  const accepted: Acknowledgement[] = [
    { rule: "plan-deletes-data", at: "aws_ebs_volume.core-0", reason: "moved to core-3", expires: "2027-02-01" },
    { rule: "stream-r2", reason: "judged by another check", expires: "2026-01-01" },
  ];

  test("runs its rules and takes the same acknowledgements", () => {
    const rules = { known: ["plan-deletes-data"], elsewhere: ["stream-r2"] };
    expect(judge(findings, accepted, rules, "2027-01-15")).toEqual({
      findings: [],
      acknowledged: [{ ...findings[0], reason: "moved to core-3", expires: "2027-02-01" }],
    });
  });

  test("leaves the acknowledgements of other checks to them, unless nobody knows the rule", () => {
    const { findings: left } = judge(findings, accepted, { known: ["plan-deletes-data"] }, "2027-01-15");
    expect(left.map(({ rule, at }) => [rule, at])).toEqual([["acknowledgement-unknown-rule", "acknowledge[1].rule"]]);
  });
});

test("a payload above max_pending cannot be acknowledged, whoever sets max_pending", () => {
  const found = (maxPayload: string, max_pending?: unknown) => {
    const values = max_pending === undefined ? {} : { config: { merge: { max_pending } } };
    const of = (name: string) => ({
      [`clusters.${name}.platform`]: { kind: "kubernetes", flavor: "gke", namespace: name, chart: { values } },
    });
    const clusters = { ...of("core"), ...of("edge"), ...of("mesh") };
    const { findings } = lintChanged({ "nats.maxPayload": maxPayload, ...clusters });
    return findings
      .filter(({ rule }) => rule === "payload-exceeds-pending")
      .map(({ impossible }) => (impossible ? "impossible" : "to acknowledge"));
  };
  expect(found("65MiB")).toEqual(["impossible"]);
  expect(found("65MiB", "<< 128MiB >>")).toEqual([]);
  expect(found("65MiB", "<< 64MiB >>")).toEqual(["impossible"]);
  expect(found("2MiB", 1_000_000)).toEqual(["impossible"]);
  expect(found("65MiB", "<< $PENDING >>")).toEqual(["to acknowledge"]);
  expect(found("2MiB", "<< $PENDING >>")).toEqual([]);
});
