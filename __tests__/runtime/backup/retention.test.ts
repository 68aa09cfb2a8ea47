import { newBackupId } from "../../../runtime/backup/backup-id";
import { DEAD_AFTER_MS, type Kept, toPrune } from "../../../runtime/backup/retention";

const day = 86_400_000;
const now = Date.parse("2027-01-15T00:00:00Z");
const backup = (daysAgo: number, changes: Partial<Kept> = {}): Kept => ({
  id: newBackupId(new Date(now - daysAgo * day)),
  finished: true,
  good: true,
  ...changes,
});
const pruned = (kept: Kept[], retentionDays = 7) => {
  const removed = toPrune(kept, now, retentionDays * day);
  return kept.flatMap(({ id }, i) => (removed.includes(id) ? [i] : []));
};

test("backups go that are older than the retention, but never the newest that can be restored", () => {
  expect(pruned([backup(9), backup(8), backup(1)])).toEqual([0, 1]);
  expect(pruned([backup(90), backup(80)])).toEqual([0]);
});

test("what came after the newest good one stays: all of it has failed", () => {
  const failed = { good: false };
  expect(pruned([backup(90), backup(80), backup(20, failed), backup(10, failed)])).toEqual([0]);
  expect(pruned([backup(20, failed), backup(10, failed)])).toEqual([]);
});

test("a run that is under way keeps its data, and one that died does not", () => {
  const running = { finished: false, good: false };
  expect(pruned([backup(1, running), backup(0)])).toEqual([]);
  expect(pruned([backup(DEAD_AFTER_MS / day + 1, running), backup(0)])).toEqual([0]);
});

test("without a retention every backup stays, and folders of others do always", () => {
  expect(pruned([backup(900), backup(1)], 0)).toEqual([]);
  expect(pruned([{ id: "somebody's", finished: true, good: true }, backup(1)])).toEqual([]);
  expect(pruned([{ id: "somebody's", finished: false, good: false }, backup(1)])).toEqual([]);
});
