import { existsSync } from "node:fs";
import { join } from "node:path";

const sequencer = require("../jest.sequencer.js") as { longest: string[] };

test("files that are named to run first are there: one that was renamed would come last, and be waited for alone", () => {
  expect(sequencer.longest.filter((name) => !existsSync(join(__dirname, `${name}.test.ts`)))).toEqual([]);
});
