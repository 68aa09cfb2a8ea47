import fc from "fast-check";
import { formatDuration, formatSize, parseDuration, parseSize } from "../../../model/config/units";

test.each([
  ["0B", 0],
  ["512KiB", 524_288],
  ["8MiB", 8_388_608],
  ["100GiB", 107_374_182_400],
  ["2TiB", 2_199_023_255_552],
])("%s is %d bytes", (text, bytes) => expect(parseSize(text)).toBe(bytes));

test.each([
  ["0s", 0],
  ["500ms", 500],
  ["30s", 30_000],
  ["5m", 300_000],
  ["1h30m", 5_400_000],
  ["7d", 604_800_000],
])("%s is %d milliseconds", (text, ms) => expect(parseDuration(text)).toBe(ms));

test.each(["8MB", "8 MiB", "8mib", "MiB", "1.5GiB", "-1B", "8", "", "8MiB\n", "999999999999TiB", "８MiB"])(
  "%j is no size",
  (text) => expect(parseSize(text)).toBeUndefined(),
);

test.each(["7", "7 d", "7D", "1.5h", "-1s", "", "s", "1w", "7d\n", "999999999d999999999d", "1h 30m"])(
  "%j is no duration that can be counted exactly",
  (text) => expect(parseDuration(text)).toBeUndefined(),
);

test("what is formatted is read back as the same, in the largest unit that divides it", () => {
  fc.assert(fc.property(fc.nat(2 ** 31), (bytes) => expect(parseSize(formatSize(bytes))).toBe(bytes)));
  fc.assert(fc.property(fc.nat(2 ** 31), (ms) => expect(parseDuration(formatDuration(ms))).toBe(ms)));
  expect([formatSize(8 * 2 ** 20), formatSize(2 ** 20 + 1), formatSize(0)]).toEqual(["8MiB", "1048577B", "0B"]);
  expect([formatDuration(86_400_000), formatDuration(5_400_000), formatDuration(0)]).toEqual(["1d", "90m", "0ms"]);
});
