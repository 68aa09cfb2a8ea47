import { counted } from "../../cli/core/counted";

test.each([
  [0, "error", "0 errors"],
  [1, "error", "1 error"],
  [2, "error", "2 errors"],
  [1, "process", "1 process"],
  [3, "process", "3 processes"],
])("%d %s", (count, noun, text) => {
  expect(counted(count, noun)).toBe(text);
});
