import { deflateRawSync } from "node:zlib";
import fc from "fast-check";
import { changesNothing } from "../../../model/change/model";
import { buildTopology, deployedNote, readDeployedNote } from "../../../model/topology";
import { planChange } from "../../../templates/change";
import { topologies } from "../../support/arbitrary-environment";
import { changed, parsed } from "../../support/lint-environment";

const demo = buildTopology(parsed(changed({})));

test("servers come back from their note as they are, of any environment", () => {
  fc.assert(
    fc.property(topologies, (topology) => {
      const read = readDeployedNote(deployedNote({ topology }));
      expect(read).toEqual({ topology: JSON.parse(JSON.stringify(topology)) });
      expect(changesNothing(planChange(read?.topology, topology))).toBe(true);
    }),
    { numRuns: 25 },
  );
});

test("a note is the same every time, and short", () => {
  const again = buildTopology(parsed(changed({})));
  expect(deployedNote({ topology: again })).toBe(deployedNote({ topology: demo }));
  expect(deployedNote({ topology: demo }).length).toBeLessThan(JSON.stringify(demo).length / 3);
});

test("one that a state should not hold is refused", () => {
  const noise = Array.from({ length: 60_000 }, (_, i) => `stream-${Math.imul(i, 2_654_435_761)}-${i * 7919}`);
  const topology = { ...demo, streams: noise.map((name) => ({ ...demo.streams[0], name })) as typeof demo.streams };
  expect(() => deployedNote({ topology })).toThrow(/packed/);
});

const packed = (text: string | Buffer) => deflateRawSync(text).toString("base64");
test.each<[string, unknown]>([
  ["nothing", undefined],
  ["a number", 5],
  ["an empty text", ""],
  ["no packed text", "%%%"],
  ["something else that is packed", packed('{"other":1}')],
  ["no JSON", packed("{")],
  ["half of one", packed('{"topology":{}}').slice(0, 6)],
  ["what would fill the memory", packed(Buffer.alloc(64 << 20, " "))],
  ["a text that is too long", "A".repeat((1 << 20) + 4)],
])("%s is no note", (_, text) => {
  expect(readDeployedNote(text)).toBeUndefined();
});
