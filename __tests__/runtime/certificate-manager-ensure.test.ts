import { X509Certificate } from "node:crypto";
import { readFacts } from "../../runtime/x509/facts";
import { dayMs, hourMs, MemoryWorld, memorySettings, minuteMs } from "../support/certificate-memory";

test("a thousand runs with an unchanged configuration order once", async () => {
  const world = new MemoryWorld(memorySettings([{ issuer: "acme" }, { issuer: "routes" }]));
  expect((await world.run()).certificates.map(({ outcome }) => outcome)).toEqual(["issued", "issued"]);
  for (let run = 0; run < 1000; run++) {
    world.clock += 1000;
    const { certificates } = await world.run();
    expect(certificates.map(({ outcome }) => outcome)).toEqual(["kept", "kept"]);
  }
  expect(world.orders).toHaveLength(1);
  // Each secret once, and the authority.
  expect(world.published).toHaveLength(3);
  expect(world.asked).toHaveLength(1);
});

test("a thousand runs at once order once", async () => {
  const world = new MemoryWorld(memorySettings());
  world.frozen = true;
  const runs = Array.from({ length: 1000 }, () => world.run());
  const outcomes = (await Promise.all(runs)).map(({ certificates }) => certificates[0]?.outcome);
  expect(outcomes.filter((outcome) => outcome === "issued")).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome === "kept")).toHaveLength(999);
  expect(world.orders).toHaveLength(1);
});

test.each([
  [90, 60],
  [64, 64 * (2 / 3)],
  [45, 30],
  [6, 3],
])("a certificate of %d days is renewed after %d days", async (lifetime, renewedAfter) => {
  const world = new MemoryWorld(memorySettings());
  world.lifetimeMs = lifetime * dayMs;
  await world.run();
  const { notBefore } = readFacts(world.stored("s0")?.certificate ?? "");
  world.clock = notBefore.getTime() + renewedAfter * dayMs - minuteMs;
  await world.run();
  expect(world.orders).toHaveLength(1);
  world.clock += 2 * minuteMs;
  await world.run();
  expect(world.orders).toHaveLength(2);
});

test("the issuer's window decides, until a twentieth of the life is left", async () => {
  const world = new MemoryWorld(memorySettings());
  let window = { start: new Date(world.clock + 10 * dayMs), end: new Date(world.clock + 11 * dayMs) };
  world.renewalWindow = () => window;
  await world.run();
  world.clock += 10 * dayMs - hourMs;
  await world.run();
  expect(world.orders).toHaveLength(1);
  world.clock += dayMs + 2 * hourMs;
  await world.run();
  expect(world.orders).toHaveLength(2);

  // One that would come too late is not heard.
  window = { start: new Date(world.clock + 200 * dayMs), end: new Date(world.clock + 201 * dayMs) };
  const { notBefore } = readFacts(world.stored("s0")?.certificate ?? "");
  world.clock = notBefore.getTime() + 0.94 * 90 * dayMs;
  await world.run();
  expect(world.orders).toHaveLength(2);
  world.clock = notBefore.getTime() + 0.951 * 90 * dayMs;
  await world.run();
  expect(world.orders).toHaveLength(3);
});

test("renewal information is asked for at each run of a schedule of twelve hours", async () => {
  const world = new MemoryWorld(memorySettings());
  await world.run();
  for (let run = 0; run < 10; run++) {
    world.clock += 12 * hourMs;
    await world.run();
  }
  expect(world.asked).toHaveLength(11);
});

test("a year of failures stays below every limit, and the reason is told at once", async () => {
  const world = new MemoryWorld(memorySettings());
  world.down.dns = true;
  const start = world.clock;
  const attempts: number[] = [];
  while (world.clock < start + 365 * dayMs) {
    attempts.push(world.clock);
    await expect(world.run()).rejects.toThrow(/c0 \(s0\): dns is down; next try at 20/);
    // Whoever asks before the time is told at once, and nothing is ordered.
    world.clock += minuteMs / 2;
    await expect(world.run()).rejects.toThrow(/c0 \(s0\): dns is down; next try at 20/);
    expect(world.orders).toHaveLength(attempts.length);
    world.clock = (world.state("c0").nextTryAt?.getTime() ?? 0) + 1;
  }
  expect(attempts.length).toBeGreaterThan(300);
  expect(attempts.length).toBeLessThan(400);
  // Steadily, not more than one a day.
  for (const [index, at] of attempts.slice(4).entries())
    expect(at - (attempts[index + 3] ?? 0)).toBeGreaterThanOrEqual(dayMs);
  const inAnHour = attempts.map((at) => attempts.filter((other) => other >= at && other < at + hourMs).length);
  expect(Math.max(...inAnHour)).toBeLessThan(5);
});

test("a certificate that cannot be stored is not asked for over and over", async () => {
  const world = new MemoryWorld(memorySettings());
  world.tamper = () => {
    throw new Error("the secret cannot be written");
  };
  const start = world.clock;
  for (; world.clock < start + 30 * dayMs; world.clock += 2 * hourMs) await world.run().catch(() => undefined);
  for (const { at } of world.signed) {
    const week = world.signed.filter((other) => other.at >= at && other.at < at + 7 * dayMs);
    expect(week.length).toBeLessThan(5);
  }
  expect(world.signed.length).toBeGreaterThan(10);
});

test("an attempt after a failure goes to the staging server first, and no further when that fails", async () => {
  const world = new MemoryWorld(memorySettings());
  let staged = 0;
  world.staging = {
    order: async () => {
      staged++;
      throw new Error("staging refuses");
    },
  };
  world.down.acme = true;
  await expect(world.run()).rejects.toThrow("acme is down");
  expect(staged).toBe(0);
  world.down.acme = false;
  world.clock += 2 * minuteMs;
  await expect(world.run()).rejects.toThrow("staging refuses");
  expect({ staged, orders: world.orders.length }).toEqual({ staged: 1, orders: 0 });
  world.staging = undefined;
  world.clock += 20 * minuteMs;
  await world.run();
  expect(world.state("c0").failures).toBe(0);
});

test("another wish does not wait for what the last one has failed with", async () => {
  const settings = memorySettings();
  const world = new MemoryWorld(settings);
  world.down.dns = true;
  await expect(world.run()).rejects.toThrow("dns is down");
  world.down.dns = false;
  await expect(world.run()).rejects.toThrow(/dns is down; next try at/);
  settings.certificates = memorySettings([{ names: ["other.example.com"] }]).certificates;
  await world.run();
  expect(readFacts(world.stored("s0")?.certificate ?? "").names).toEqual(["other.example.com"]);
});

test("one certificate that fails does not stop the next, and a valid one is no failure of the run", async () => {
  const world = new MemoryWorld(memorySettings([{ issuer: "acme" }, { issuer: "routes" }]));
  world.down.acme = true;
  await expect(world.run()).rejects.toThrow(/^certificates are not as wanted:\nc0 \(s0\): acme is down; next try/);
  expect(world.stored("s1")).toBeDefined();
  world.down.acme = false;
  world.clock += 2 * minuteMs;
  await world.run();
  world.down.acme = true;
  world.clock += 61 * dayMs;
  const { certificates } = await world.run();
  expect(certificates.map(({ outcome }) => outcome)).toEqual(["kept", "issued"]);
  expect(world.state("c0")).toMatchObject({ failures: 1, reason: "acme is down" });
});

test("what a person asks for is done at once, and its failure is told", async () => {
  const world = new MemoryWorld(memorySettings());
  await world.run();
  const before = world.stored("s0");
  world.down.acme = true;
  await expect(world.run({ renew: ["c0"] })).rejects.toThrow("acme is down");
  expect(world.stored("s0")).toEqual(before);
  world.down.acme = false;
  expect((await world.run({ renew: ["c0"] })).certificates[0]?.outcome).toBe("issued");
  expect(new X509Certificate(world.stored("s0")?.certificate ?? "").serialNumber).not.toBe(
    new X509Certificate(before?.certificate ?? "").serialNumber,
  );
  await expect(world.run({ renew: ["public"] })).rejects.toThrow("public");
});
