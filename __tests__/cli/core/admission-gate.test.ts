import type { Verdict } from "../../../admission";
import { refusal } from "../../../cli/core/admission-gate";

const finding = { rule: "stream-r1", severity: "error" as const, at: "streams[0]", message: "one copy", fix: "three" };
const verdict = (findings: object[]) =>
  ({ environment: "demo", problems: [], lint: { findings, acknowledged: [] } }) as unknown as Verdict;

test("what is not admitted is not deployed, and what is, is", () => {
  expect(refusal(verdict([finding]))?.message).toContain("one copy");
  expect(refusal(verdict([]))).toBeUndefined();
  expect(refusal(verdict([{ ...finding, severity: "warning" }]))).toBeUndefined();
});
