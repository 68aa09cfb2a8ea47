import { CertificateSecret } from "../../runtime/certificate-manager/contract";
import { inspect } from "../../runtime/certificate-manager/inspect";
import { dayMs, hourMs, MemoryWorld, memorySettings, minuteMs } from "../support/certificate-memory";

// Seven thousand runs: on a machine that is busy with other things they take minutes.

const years = (count: number) => count * 365 * dayMs;

/** Every secret that was ever written was usable when it was written. */
function expectOnlyGoodPublished(world: MemoryWorld): void {
  for (const { at, name, value } of world.published) {
    const certificate = world.settings.certificates.find(({ secret }) => secret === name);
    if (!certificate) continue;
    const { problems } = inspect(CertificateSecret.parse(JSON.parse(value)), certificate, new Date(at));
    expect({ name, problems }).toEqual({ name, problems: [] });
  }
}

/** Limits of a public authority, over everything that it was asked for. */
function expectWithinLimits(world: MemoryWorld): void {
  for (const { at } of world.signed)
    expect(world.signed.filter((other) => other.at >= at && other.at < at + 7 * dayMs).length).toBeLessThanOrEqual(4);
  for (const { at } of world.orders)
    expect(world.orders.filter((other) => other.at >= at && other.at < at + 3 * hourMs).length).toBeLessThan(10);
}

test("ten years with neighbours that fail, runs that are killed and a clock that is off: always a valid certificate", async () => {
  const world = new MemoryWorld(memorySettings([{ issuer: "acme" }, { issuer: "routes" }]));
  world.lifetimeMs = 64 * dayMs;
  await world.run();
  const start = world.clock;
  const outageEnds: Record<string, number> = {};
  let failed = 0;
  let runs = 0;
  for (; world.clock < start + years(10); world.clock += 12 * hourMs * (0.9 + 0.2 * world.random())) {
    // Each neighbour is away for up to ten days now and then; a clock is off by up to what is tolerated.
    for (const what of ["acme", "dns", "secrets", "table"] as const) {
      if (world.random() < 0.004) outageEnds[what] = world.clock + 10 * dayMs * world.random();
      world.down[what] = (outageEnds[what] ?? 0) > world.clock;
    }
    world.skewMs = (world.random() - 0.5) * 8 * minuteMs;
    world.killAfterCalls = world.random() < 0.1 ? Math.ceil(world.random() * 30) : undefined;
    world.killBefore = world.random() < 0.5;
    runs++;
    await world.run().catch(() => {
      failed++;
    });
    for (const certificate of world.settings.certificates) {
      const stored = world.stored(certificate.secret);
      const problems = stored ? inspect(stored, certificate, new Date(world.clock)).problems : ["none"];
      expect({ at: new Date(world.clock), id: certificate.id, problems }).toMatchObject({ problems: [] });
    }
  }
  expect(runs).toBeGreaterThan(7000);
  expect(failed).toBeGreaterThan(300);
  expectOnlyGoodPublished(world);
  expectWithinLimits(world);
  // Not more often than due: two thirds of 64 days, and what was cut off after it was signed.
  expect(world.signed.length).toBeGreaterThan(80);
  expect(world.signed.length).toBeLessThan(140);

  // When all is well again nothing is left behind.
  Object.assign(world.down, { acme: false, dns: false, secrets: false, table: false });
  world.killAfterCalls = undefined;
  world.skewMs = 0;
  world.clock += 2 * dayMs;
  await world.run();
  world.clock += 2 * dayMs;
  await world.run();
  expect([...world.zone]).toEqual([]);
  // The authority of five years was replaced, and no rollover is half done for longer than it takes.
  const names = new Set(
    world.published
      .filter(({ name }) => name === "authority-routes")
      .map(({ value }) => JSON.parse(value).current.certificate),
  );
  expect(names.size).toBeGreaterThanOrEqual(3);
});

test("killed at any step, before or after its effect, a run leaves what is stored, and the next ones recover", async () => {
  for (const killBefore of [true, false])
    for (let step = 1; step <= 32; step++) {
      const world = new MemoryWorld(memorySettings([{ issuer: "acme" }, { issuer: "routes" }]));
      await world.run();
      const before = [world.stored("s0"), world.stored("s1")];
      world.clock += 61 * dayMs;
      Object.assign(world, { killAfterCalls: step, killBefore });
      const orders = world.orders.length;
      await world.run().catch(() => undefined);
      world.killAfterCalls = undefined;
      for (const [index, certificate] of world.settings.certificates.entries()) {
        const stored = world.stored(certificate.secret);
        // The old one, or a new one that is whole.
        if (JSON.stringify(stored) === JSON.stringify(before[index])) continue;
        expect(stored && inspect(stored, certificate, new Date(world.clock)).problems).toEqual([]);
      }
      // The lease of the killed run, and the wait after its failure.
      world.clock += 6 * minuteMs;
      const { certificates } = await world.run();
      expect(certificates).toHaveLength(2);
      expect([...world.zone]).toEqual([]);
      expect(world.orders.length - orders).toBeLessThanOrEqual(2);
      expect(JSON.stringify(world.stored("s0"))).not.toBe(JSON.stringify(before[0]));
      expect(JSON.stringify(world.stored("s1"))).not.toBe(JSON.stringify(before[1]));
      expectOnlyGoodPublished(world);
    }
});

test("a clock that was years ahead does not keep later runs from trying", async () => {
  const world = new MemoryWorld(memorySettings());
  await world.run();
  world.skewMs = years(3);
  await world.run().catch(() => undefined);
  const { nextTryAt } = world.state("c0");
  expect(nextTryAt?.getTime()).toBeGreaterThan(world.clock + years(2));
  world.skewMs = 0;
  world.clock += 61 * dayMs;
  expect((await world.run()).certificates).toMatchObject([{ outcome: "issued" }]);
});
