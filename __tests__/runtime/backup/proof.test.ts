import { PROOF } from "../../../runtime/backup/contract";
import { unprovenSeconds } from "../../../runtime/backup/proof";
import { backupManifest, streamBackup } from "../../support/backup-manifests";

const manifest = backupManifest([streamBackup("A", 3, 30)]);
const day = (n: number) => `202611${String(n).padStart(2, "0")}T020000000Z-abcdef`;
const now = new Date("2026-11-30T02:00:00Z");
const entry = (n: number, ...proofs: string[]) => ({
  id: day(n),
  paths: ["manifest.json", ...proofs.map((time) => `${PROOF}${time}`)].map((file) => `e/c/a/${day(n)}/${file}`),
  manifest,
});
const days = (seconds: number | undefined) => (seconds === undefined ? undefined : seconds / 86_400);

test("the last drill counts, whichever backup it proved", () => {
  expect(days(unprovenSeconds([entry(20, day(28)), entry(22, day(25), day(23)), entry(29)], now))).toBe(2);
});

test("before any drill, the time runs from the oldest complete backup", () => {
  expect(days(unprovenSeconds([entry(20), entry(29)], now))).toBe(10);
  expect(unprovenSeconds([], now)).toBeUndefined();
  expect(unprovenSeconds([{ ...entry(20), manifest: undefined }], now)).toBeUndefined();
});

test("what is not named as drills name it counts for nothing", () => {
  expect(days(unprovenSeconds([entry(20, "yesterday")], now))).toBe(10);
});
