import { X509Certificate } from "node:crypto";
import type { CertificateSecret } from "../../runtime/certificate-manager/contract";
import { behind } from "../../runtime/certificate-manager/proof";
import { pairDigest, type Runs } from "../../runtime/common/server-report";
import { readPem } from "../../runtime/x509/pem";
import { dayMs, hourMs, MemoryWorld, memorySettings } from "../support/certificate-memory";

const issuers = [
  { id: "leafnodes", issuer: "leafnodes" },
  { id: "leaf-remote", issuer: "leafnodes" },
];

/** Two servers that run with certificates of one authority for some days. */
async function settled(): Promise<MemoryWorld> {
  const world = new MemoryWorld(memorySettings(issuers));
  await world.run();
  world.load();
  world.clock += 3 * dayMs;
  return world;
}

const newest = (world: MemoryWorld): string => world.authorities("leafnodes").current.certificate;

/** Pairs of servers of which one presents what the other does not trust. */
function strangers(world: MemoryWorld): string[] {
  const servers = [...world.serving];
  return servers.flatMap(([from, presents]) =>
    servers.flatMap(([to, trusts]) => {
      const trusted = [...trusts.values()].flatMap(({ authorities }) => readPem(authorities));
      const refused = [...presents].filter(([, { certificate }]) => {
        const leaf = new X509Certificate(certificate);
        return !trusted.some((authority) => leaf.checkIssued(authority) && leaf.verify(authority.publicKey));
      });
      return refused.map(([id]) => `${to} refuses ${id} of ${from}`);
    }),
  );
}

/** Agents load one after another: looks at each moment between. */
function expectNoStrangers(world: MemoryWorld): void {
  expect(strangers(world)).toEqual([]);
  const stuck = [...world.stuck];
  for (const server of world.serving.keys()) {
    for (const other of world.serving.keys()) if (other !== server) world.stuck.add(other);
    world.load();
    world.stuck.clear();
    for (const one of stuck) world.stuck.add(one);
    expect(strangers(world)).toEqual([]);
  }
}

async function days(world: MemoryWorld, count: number, cut: () => number | undefined = () => undefined) {
  for (let hours = 0; hours < 24 * count; hours += 12) {
    world.killAfterCalls = cut();
    await world.run().catch(() => undefined);
    expectNoStrangers(world);
    world.clock += 12 * hourMs;
  }
  world.killAfterCalls = undefined;
}

test("an authority does not sign while a server has not loaded it, for however long, and then it does", async () => {
  const world = await settled();
  const before = newest(world);
  world.stuck.add("server 1");
  await world.run({ roll: ["leafnodes"] });
  await days(world, 20);
  expect(newest(world)).toBe(before);
  world.stuck.clear();
  await days(world, 1);
  expect(newest(world)).not.toBe(before);
});

test("a server whose agent says nothing has loaded nothing", async () => {
  const world = await settled();
  const before = newest(world);
  world.silent.add("server 0");
  await world.run({ roll: ["leafnodes"] });
  await days(world, 5);
  expect(newest(world)).toBe(before);
});

test("the authority of before stays trusted while a server serves what it signed", async () => {
  const world = await settled();
  await world.run({ roll: ["leafnodes"] });
  const before = newest(world);
  while (newest(world) === before) {
    world.clock += 6 * hourMs;
    world.load();
    // The agent of one sticks at the moment at which the other begins to sign.
    await world.run();
  }
  world.stuck.add("server 1");
  await days(world, 20);
  expect(world.authorities("leafnodes").previous?.certificate).toBe(before);
  world.stuck.clear();
  await days(world, 3);
  expect(world.authorities("leafnodes").previous).toBeUndefined();
});

test("one that has ended is replaced all the same: nobody trusts it any more", async () => {
  const world = await settled();
  await world.run({ roll: ["leafnodes"] });
  const before = newest(world);
  world.silent.add("server 1");
  world.clock = Date.parse(new X509Certificate(before).validTo) + dayMs;
  await world.run();
  expect(newest(world)).not.toBe(before);
});

const cuts = Array.from({ length: 28 }, (_, i) => i + 1);
test.each(cuts)("a rotation whose runs are cut off at call %i never has two servers refuse each other", async (cut) => {
  const world = await settled();
  world.killBefore = cut % 2 === 0;
  const first = newest(world);
  world.killAfterCalls = cut;
  await world.run({ roll: ["leafnodes"] }).catch(() => undefined);
  world.killAfterCalls = undefined;
  expectNoStrangers(world);
  world.clock += 6 * hourMs;
  await world.run({ roll: world.authorities("leafnodes").next ? [] : ["leafnodes"] });
  // Every second run is cut off there as well.
  let run = 0;
  await days(world, 8, () => (run++ % 2 === 0 ? cut : undefined));
  expect(newest(world)).not.toBe(first);
  expect(world.authorities("leafnodes").previous).toBeUndefined();
});

test("what a server has loaded is compared by certificate and authorities, in any order of these, and without the key", async () => {
  const world = await settled();
  await world.run({ roll: ["leafnodes"] });
  const stored = world.stored("s0") as CertificateSecret;
  const [one = "", two = ""] = readPem(stored.authorities).map(String);
  const turned = { ...stored, authorities: `${two}\n${one}` };
  expect(pairDigest(turned)).toBe(pairDigest(stored));
  expect(pairDigest({ ...stored, privateKey: "" } as CertificateSecret)).toBe(pairDigest(stored));
  expect(pairDigest({ ...stored, authorities: one })).not.toBe(pairDigest(stored));
  const runs = (loaded?: Record<string, string>): Runs => ({ digest: "", loadedAt: "", loaded });
  const reports = new Map([
    ["right", runs({ leafnodes: pairDigest(stored) })],
    ["older", runs({ leafnodes: pairDigest({ ...stored, authorities: one }) })],
    ["unsaid", runs()],
    ["silent", undefined],
  ]);
  expect(behind(reports, [{ id: "leafnodes", secret: stored }])).toEqual([
    "older (leafnodes)",
    "unsaid (leafnodes)",
    "silent (its agent says nothing)",
  ]);
});
