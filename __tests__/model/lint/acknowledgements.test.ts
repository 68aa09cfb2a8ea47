import { judge } from "../../../model/lint";
import { isExpired } from "../../../model/lint/acknowledgements";

const reason = "the disks are mirrored";
const finding = (rule: string) => ({ rule, severity: "error" as const, at: "streams[0]", message: "m", fix: "f" });
const left = (today: string) =>
  judge(
    [finding("stream-r1"), finding("stream-r2")],
    [{ rule: "stream-r1", at: "streams[0]", reason, expires: "2027-02-01" }],
    { known: ["stream-r1", "stream-r2"] },
    today,
  ).findings.map(({ rule }) => rule);

test("an acknowledgement accepts the findings of its rule, and of no other at that place", () => {
  expect(left("2027-01-01")).toEqual(["stream-r2"]);
});

test("it ends on its day, and never comes back", () => {
  const days = ["2027-01-31", "2027-02-01", "2027-02-02", "2028-01-01"];
  expect(days.map((day) => isExpired("2027-02-01", day))).toEqual([false, true, true, true]);
  expect(left("2028-01-01")).toEqual(expect.arrayContaining(["stream-r1", "stream-r2", "acknowledgement-expired"]));
});
