import { pino } from "pino";
import { type Found, RunsReport } from "../../../runtime/certificate-agent/runs-report";
import { mostHeld, type Runs, runsMessage, runsRepeatMs } from "../../../runtime/common/server-report";

const began = Date.parse("2026-11-30T00:00:00Z");
const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

function reporting() {
  const lines: { msg: string; runs: unknown }[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
  let refused: string | undefined;
  const report = new RunsReport(log, { of: () => refused });
  return {
    lines,
    refuse: (why?: string) => {
      refused = why;
    },
    say: (runs: string, afterMs: number, found: Found = {}) =>
      report.say({ loadedAt: began, digest: digest(runs) }, found, new Date(began + afterMs)),
  };
}

test("what a server runs is said when it changes, and once an hour", () => {
  const { lines, say, refuse } = reporting();
  say("a", 0);
  say("a", 60_000);
  expect(lines).toEqual([
    expect.objectContaining({
      msg: runsMessage,
      runs: { digest: digest("a"), loadedAt: new Date(began).toISOString(), holds: {} },
    }),
  ]);
  say("b", 120_000);
  expect(lines).toHaveLength(2);
  say("b", 120_000 + runsRepeatMs - 1);
  expect(lines).toHaveLength(2);
  say("b", 120_000 + runsRepeatMs);
  expect(lines).toHaveLength(3);
  refuse("max_pending");
  say("b", 130_000 + runsRepeatMs);
  expect(lines[3]?.runs).toMatchObject({ digest: digest("b"), refused: "max_pending" });
});

test("what it has loaded is said at once, and not before it is known", () => {
  const { lines, say } = reporting();
  say("a", 0);
  say("a", 1000, { loaded: { routes: "1" } });
  say("a", 2000, { loaded: { routes: "1" } });
  say("a", 3000, { loaded: { routes: "2" } });
  expect(lines.map(({ runs }) => (runs as Runs).loaded)).toEqual([undefined, { routes: "1" }, { routes: "2" }]);
});

test("another account with streams is said at once, another stream with the next line, and of many streams some", () => {
  const { lines, say } = reporting();
  const holds = (streams: Record<string, string[]>) => ({ holds: new Map(Object.entries(streams)) });
  say("a", 0, holds({ APP: ["ORDERS"] }));
  say("a", 1000, holds({ APP: ["NEWS", "ORDERS"] }));
  say("a", 2000, holds({ APP: ["NEWS", "ORDERS"], OLD: Array.from({ length: 99 }, (_, i) => `S${i}`) }));
  const said = lines.map(({ runs }) => (runs as Runs).holds);
  expect(said[0]).toEqual({ APP: ["ORDERS"] });
  expect(said[1]).toMatchObject({ APP: ["NEWS", "ORDERS"] });
  expect(said[1]?.OLD).toHaveLength(mostHeld);
  expect(said).toHaveLength(2);
});

test("nothing is said of a server that does not run, or says no digest", () => {
  const { lines } = reporting();
  const report = new RunsReport(pino({}, { write: () => lines.push({ msg: "", runs: "" }) }), { of: () => undefined });
  report.say(undefined, {}, new Date(began));
  report.say({ loadedAt: began }, {}, new Date(began));
  expect(lines).toEqual([]);
});
