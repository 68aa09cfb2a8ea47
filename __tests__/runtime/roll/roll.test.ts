import type { ClusterDriver } from "../../../runtime/roll/driver";
import { NotBack, NotTaken, rollServers } from "../../../runtime/roll/roll";

const names = ["s0", "s1", "s2"];

class Killed extends Error {}

/** Servers in memory, whose driver may be killed at one of its calls: before the call is carried out, or after. */
class Servers {
  readonly runs = new Map(names.map((name) => [name, 0]));
  /** How often each still says that it is not ready. */
  readonly catchingUp = new Map<string, number>();
  /** What was done, and what was wrong when it was done. */
  readonly done: string[] = [];
  #calls = 0;
  #leader = "s2";
  readonly generation = 1;

  constructor(readonly neverBack?: string) {}

  driver(killedAt = Number.POSITIVE_INFINITY): ClusterDriver {
    const call =
      <T>(work: () => T) =>
      async (): Promise<T> => {
        if (this.#calls++ === killedAt) throw new Killed();
        const result = work();
        if (this.#calls++ === killedAt) throw new Killed();
        return result;
      };
    return {
      servers: names,
      look: async () => ({
        servers: names.map((name) => {
          const left = this.catchingUp.get(name) ?? 0;
          this.catchingUp.set(name, Math.max(0, left - 1));
          return { name, runs: this.runs.has(name), cutOffFrom: [], ...(left > 0 && { wrong: "catching up" }) };
        }),
        meta: {
          leader: this.#leader,
          followers: names
            .filter((name) => name !== this.#leader)
            .map((name) => ({ name, current: this.runs.has(name) })),
        },
      }),
      inAccounts: async () => [],
      // The only thing that is asked of it: another leader of the meta group.
      inSystem: async <T>() => {
        this.#leader = names.find((name) => name !== this.#leader && this.runs.has(name)) ?? this.#leader;
        return undefined as T;
      },
      stop: (name) => call(() => this.#act("stop", name, () => this.runs.delete(name)))(),
      kill: (name) => call(() => this.#act("kill", name, () => this.runs.delete(name)))(),
      empty: (name) => call(() => this.#act("empty", name, () => undefined))(),
      start: (name) =>
        call(() =>
          this.#act("start", name, () => {
            if (name === this.neverBack) return;
            this.runs.set(name, this.generation);
            this.catchingUp.set(name, 2);
          }),
        )(),
      said: async () => "its last words",
    };
  }

  #act(what: string, name: string, work: () => void): void {
    const others = names.filter((other) => other !== name);
    const away = others.filter((other) => !this.runs.has(other) || (this.catchingUp.get(other) ?? 0) > 0);
    if (what !== "start" && away.length > 0) this.done.push(`${what} ${name} while ${away.join()} was away`);
    else this.done.push(`${what} ${name}`);
    work();
  }

  /** Those that still run as before the roll. */
  left = (): string[] => names.filter((name) => this.runs.get(name) !== this.generation);
}

const props = {
  loses: "nothing" as const,
  bytesPerSecond: 1,
  inboxPrefix: "_INBOX",
  patienceMs: 60_000,
  backMs: 60_000,
  pauseMs: 1,
  say: () => undefined,
};

test.each([false, true])("one after another, each back before the next (empty disks: %s)", async (empties) => {
  const servers = new Servers();
  await rollServers(servers.driver(), names, { ...props, empties });
  const emptied = (name: string) => (empties ? [`empty ${name}`] : []);
  expect(servers.done).toEqual(
    ["s0", "s1", "s2"].flatMap((name) => [`stop ${name}`, ...emptied(name), `start ${name}`]),
  );
});

test.each([false, true])("killed at any call and run again, it converges (empty disks: %s)", async (empties) => {
  let points = 0;
  for (let point = 0; ; point++) {
    const servers = new Servers();
    const roll = async (killedAt?: number) => {
      await rollServers(servers.driver(killedAt), servers.left(), { ...props, empties });
    };
    let killed = false;
    try {
      await roll(point);
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
      killed = true;
    }
    if (!killed) break;
    points++;
    await roll();
    expect(servers.left()).toEqual([]);
    expect(servers.done.filter((line) => line.includes("while"))).toEqual([]);
    if (empties) for (const name of names) expect(servers.done).toContain(`empty ${name}`);
  }
  expect(points).toBeGreaterThan(11);
});

test("one that does not come back ends it, and the others are left alone", async () => {
  const servers = new Servers("s1");
  const error = await rollServers(servers.driver(), names, props).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(NotBack);
  expect(error).toMatchObject({ server: "s1", said: "its last words", message: "s1 did not come back: it ended" });
  expect(servers.done).toEqual(["stop s0", "start s0", "stop s1", "start s1"]);
});

test("one that another is missing for is not touched", async () => {
  const servers = new Servers();
  servers.runs.delete("s0");
  const error = await rollServers(servers.driver(), ["s1"], props).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(NotTaken);
  expect(error).toMatchObject({ reasons: expect.arrayContaining(["s0 does not run"]) });
  expect(servers.done).toEqual([]);
});

describe("where no majority serves", () => {
  /** Servers that answer to nobody until two of them have been started anew, as after a change that none of them bears. */
  const broken = (of: readonly string[]) => {
    const servers = new Servers();
    const started = new Set<string>();
    const driver = servers.driver();
    const well = () => of.filter((name) => started.has(name)).length + (names.length - of.length) > 1;
    const wounded: ClusterDriver = {
      ...driver,
      look: async () => {
        const state = await driver.look();
        const wrong = (name: string) => of.includes(name) && !(started.has(name) && well());
        return {
          servers: state.servers.map((one) => (wrong(one.name) ? { ...one, wrong: "cut off" } : one)),
          meta: well() ? state.meta : { followers: [] },
        };
      },
      start: async (name) => {
        await driver.start(name);
        started.add(name);
      },
    };
    return { servers, driver: wounded };
  };

  test("those that do not serve are restarted until one does, and nobody waits for what cannot be", async () => {
    const { servers, driver } = broken(names);
    await rollServers(driver, names, { ...props, patienceMs: 50, backMs: 2000 });
    expect(servers.done.filter((line) => line.startsWith("start"))).toEqual(["start s0", "start s1", "start s2"]);
    expect(servers.left()).toEqual([]);
  });

  test("one that serves is not taken from them", async () => {
    const { servers, driver } = broken(["s0", "s1"]);
    const error = await rollServers(driver, ["s2"], { ...props, patienceMs: 50 }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(NotTaken);
    expect(servers.done).toEqual([]);
  });

  test("one whose disk goes with it is not taken", async () => {
    const { servers, driver } = broken(names);
    const rolled = rollServers(driver, names, { ...props, patienceMs: 50, backMs: 200, loses: "everything" });
    await expect(rolled).rejects.toThrow(NotTaken);
    expect(servers.done).toEqual([]);
  });

  test("a disk is not emptied for it", async () => {
    const { servers, driver } = broken(names);
    const rolled = rollServers(driver, names, {
      ...props,
      patienceMs: 50,
      backMs: 200,
      loses: "everything",
      empties: true,
    });
    await expect(rolled).rejects.toThrow(NotTaken);
    expect(servers.done).toEqual([]);
  });
});
