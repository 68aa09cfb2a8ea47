import { createPublicKey, verify } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { dirname, join, relative } from "node:path";
import { isFree } from "../../cli/twin/ports";
import { eventually } from "../support/eventually";
import { TestProject } from "../support/project";
import { core, oneServer, threeServers } from "../support/twin-environment";
import { claimPorts } from "../support/twin-ports";
import { innocent, isAlive, natsformProcess } from "../support/twin-processes";
import { fileTimes, type MetaGroup, TestTwin } from "../support/twin-project";
import { storedIds } from "../support/twin-publisher";

const project = new TestProject();
const life = new TestTwin(project, "life");
const small = new TestTwin(project, "small");
const servers = ["core-0", "core-1", "core-2"];
const programs = ["auth-callout-core-0", "auth-callout-core-1", "oidc-issuer"];
const everything = [...servers, ...programs].sort();

beforeAll(async () => {
  await life.up(threeServers("life"));
});
afterAll(async () => {
  await Promise.all([life.close(), small.close()]);
  await project.remove();
});

/** Stores one message and returns what is then in the stream. */
const store = async (id: string) => {
  await life.with(life.service(), (client) => client.publishToStream("orders.lifecycle", id, { messageId: id }));
  return stored();
};

const stored = () => life.read((client) => storedIds(client, "ORDERS"));

/** Names and peer ids of the others, as JetStream's meta leader knows them; none while there is no leader. */
async function peers(): Promise<string[]> {
  for (const server of servers) {
    const { meta_cluster } = await life.ask<MetaGroup>(server, "/jsz");
    if (meta_cluster?.leader !== server) continue;
    return (meta_cluster.replicas ?? []).map(({ name, peer }) => `${name} ${peer}`).sort();
  }
  return [];
}

describe("a twin that runs", () => {
  test("consists of its servers, its responders and its issuer", async () => {
    await life.well();
    const { code, parts } = await life.status();
    expect({ code, names: parts.map(({ name }) => name).sort() }).toEqual({ code: 0, names: everything });
    expect(parts.filter(({ ok, pid }) => !ok || !pid)).toEqual([]);
    expect(Object.keys(life.pids()).sort()).toEqual(everything);
    const text = await project.run("status", "life");
    for (const name of everything) expect(text).toMatch(new RegExp(`✔\\s+${name}\\s+${life.pid(name)}\\s`));
  });

  test("keeps every process and every file on a second up", async () => {
    const snapshot = async () => ({
      running: life.running(),
      files: fileTimes(life.folder.environment),
      loaded: await life.each(async (server) => (await life.varz(server)).config_load_time),
    });
    const before = await snapshot();
    expect(Object.keys(before.files).length).toBeGreaterThan(20);
    const text = await life.up();
    expect(text).toContain("Servers: 3 kept");
    expect(text).toContain("0 keys and 0 certificates made");
    expect(text).toContain("1 as configured, 0 changes");
    expect(await snapshot()).toEqual(before);
  });

  test("is reached by what connect.json says", async () => {
    const file = life.connectFile();
    const base = Number(life.ports);
    expect(file.servers).toEqual(
      servers.map((name, i) => ({
        name,
        cluster: "core",
        client: `tls://127.0.0.1:${base + 10 * i + 2}`,
        monitoring: `http://127.0.0.1:${base + 10 * i + 8}`,
        pid: life.pid(name),
      })),
    );
    expect(readFileSync(file.caFile, "utf8")).toContain("BEGIN CERTIFICATE");
    expect(await store("reached")).toContain("reached");
  });

  test("is written down as contexts that name key files and hold no key", async () => {
    const folder = join(project.root, "contexts");
    const paths = (await project.run("contexts", "life", "--folder", folder)).trim().split("\n");
    expect(paths.map((path) => path.slice(folder.length + 1)).sort()).toEqual([
      "life-core-api.json",
      "life-core-sys.json",
    ]);
    const seeds = readdirSync(life.folder.keys).map((file) =>
      readFileSync(join(life.folder.keys, file), "utf8").trim(),
    );
    expect(seeds.length).toBeGreaterThan(4);
    for (const path of paths) {
      const text = readFileSync(path, "utf8");
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(seeds.filter((seed) => text.includes(seed))).toEqual([]);
      const { nkey, ca, url } = JSON.parse(text) as { nkey: string; ca: string; url: string };
      expect([existsSync(nkey), existsSync(ca)]).toEqual([true, true]);
      expect(url).toBe(
        life
          .connectFile()
          .servers.map(({ client }) => client)
          .join(),
      );
    }
  });

  test("leaves contexts alone that it did not write, unless it is told to", async () => {
    const folder = join(project.root, "contexts-of-mine");
    const write = (...options: string[]) => project.natsform("contexts", "life", "--folder", folder, ...options);
    expect((await write()).code).toBe(0);
    const own = join(folder, "life-core-api.json");
    const whole = readFileSync(own, "utf8");
    const sys = join(folder, "life-core-sys.json");
    for (const text of [
      JSON.stringify({ url: "tls://nats.example.com", user: "me", password: "of no other place" }),
      // Changed by hand, or by nats context edit.
      JSON.stringify({ ...JSON.parse(whole), jetstream_domain: "hub" }),
      // Of the same environment in another checkout, whose twin is there.
      JSON.stringify({ ...JSON.parse(whole), ca: __filename }),
      "not JSON",
      "",
    ]) {
      writeFileSync(own, text);
      rmSync(sys, { force: true });
      const { code, stderr } = await write();
      expect({ text, code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining(`${own} is a context`) });
      expect([readFileSync(own, "utf8"), existsSync(sys)]).toEqual([text, false]);
    }
    expect((await write("--replace")).code).toBe(0);
    expect(readFileSync(own, "utf8")).toBe(whole);
    // Its own is written anew, and so is that of a twin that is gone: ports and places change.
    for (const change of [{ url: "tls://127.0.0.1:1" }, { ca: join(project.root, "gone/ca.crt"), nkey: "/gone" }]) {
      writeFileSync(own, JSON.stringify({ ...JSON.parse(whole), ...change }));
      expect({ change, ...(await write()) }).toMatchObject({ change, code: 0 });
      expect(readFileSync(own, "utf8")).toBe(whole);
    }
  });

  test("gives out tokens that its issuer signed, and prints nothing else", async () => {
    const { code, stdout, stderr } = await project.natsform(
      ...["token", "life", "--sub", "alice", "--claim", 'roles=["editor"]', "--claim", "team=blue", "--expires", "60"],
    );
    expect({ code, stderr, lines: stdout.split("\n").length }).toEqual({ code: 0, stderr: "", lines: 2 });
    const [header = "", payload = "", signature = ""] = stdout.trim().split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString());
    expect(claims).toMatchObject({
      sub: "alice",
      roles: ["editor"],
      team: "blue",
      aud: "https://api.tests.example.com",
    });
    expect(claims.exp - claims.iat).toBe(60);
    const issuer = (await life.status()).parts.find(({ name }) => name === "oidc-issuer")?.address;
    const { keys } = (await (await fetch(`${issuer}/jwks`)).json()) as { keys: { kid: string }[] };
    expect(keys[0]).not.toHaveProperty("d");
    const key = createPublicKey({ key: keys[0] as never, format: "jwk" });
    expect(verify("RSA-SHA256", Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url"))).toBe(
      true,
    );
  });

  test("shows its logs, and what is added to them", async () => {
    const log = await project.run("logs", "life", "core-1", "-n", "5");
    expect(log.trimEnd().split("\n")).toHaveLength(5);
    expect(log).toMatch(/\[INF\]/);
    const all = await project.run("logs", "life", "-n", "1");
    for (const name of everything) expect(all).toMatch(new RegExp(`^${name}  `, "m"));
    const unknown = await project.natsform("logs", "life", "core-9");
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain("no log of core-9 here");
    expect(unknown.stderr).toContain("core-0");

    const follower = natsformProcess(project, "logs", "life", "core-1", "-n", "1", "--follow");
    try {
      let text = "";
      follower.stdout?.on("data", (data) => {
        text += data;
      });
      await eventually("the follower's first line", () => text !== "");
      expect(text).not.toContain("Reloaded");
      process.kill(life.pid("core-1"), "SIGHUP");
      await eventually("the new line of the log", () => text.includes("Reloaded server configuration"));
      follower.kill("SIGINT");
      await eventually("the follower's end", () => follower.exitCode !== null);
      expect(follower.exitCode).toBe(0);
    } finally {
      follower.kill("SIGKILL");
    }
  });
});

describe("one command at a time", () => {
  test("changes a twin; another one is refused and changes nothing", async () => {
    const other = innocent();
    try {
      writeFileSync(life.folder.lock, lockOf(other.pid as number));
      const before = life.running();
      for (const command of [["up"], ["down"], ["verify"], ["keys", "rotate", "--twin"]]) {
        const { code, stderr } = await project.natsform(...command, "life");
        expect({ command, code }).toEqual({ command, code: 1 });
        expect(stderr).toContain(`another natsform command works on this environment (process ${other.pid})`);
        expect(stderr).toContain("fix: wait until it has ended");
      }
      expect(life.running()).toEqual(before);
      await life.well();
      expect(readFileSync(life.folder.lock, "utf8")).toBe(lockOf(other.pid as number));
    } finally {
      other.kill("SIGKILL");
      rmSync(life.folder.lock, { force: true });
    }
  });

  test("takes over the lock of a command that was killed", async () => {
    const dead = innocent();
    const pid = dead.pid as number;
    const text = lockOf(pid);
    dead.kill("SIGKILL");
    await eventually("its end", () => !isAlive(pid));
    writeFileSync(life.folder.lock, text);
    await life.up();
    expect(existsSync(life.folder.lock)).toBe(false);
  });

  test("takes over a lock whose process id belongs to somebody else by now", async () => {
    const other = innocent();
    try {
      writeFileSync(life.folder.lock, JSON.stringify({ pid: other.pid, started: "1" }));
      await life.up();
      expect(existsSync(life.folder.lock)).toBe(false);
      expect(isAlive(other.pid as number)).toBe(true);
    } finally {
      other.kill("SIGKILL");
    }
  });

  test("of two that begin together one works and the other is refused, or comes after", async () => {
    const results = await Promise.all([life, life].map(() => project.natsform("up", "life")));
    expect(results.some(({ code }) => code === 0)).toBe(true);
    for (const { code, stderr } of results)
      if (code !== 0) expect(stderr).toMatch(/another natsform command works on this environment \(process \d+\)/);
    await life.well();
    expect(existsSync(life.folder.lock)).toBe(false);
  });
});

describe("a server that was killed", () => {
  test("is reported by status and brought back by up, with its name, its peer id and its messages", async () => {
    expect(await store("before the kill")).toContain("before the kill");
    const running = life.pids();
    await life.kill("core-1");

    // Whoever was connected to it, or led by it, is not well for a moment, too.
    expect(await life.onlyWrong("core-1")).toEqual([
      expect.objectContaining({ state: expect.stringContaining("ended by itself") }),
    ]);

    const text = await life.up();
    expect(text).toContain("Servers: 1 started, 2 kept; core-1 had ended by itself");
    const { "core-1": old, ...others } = running;
    const { "core-1": fresh, ...same } = life.pids();
    expect(same).toEqual(others);
    expect(fresh).not.toBe(old);
    expect((await life.varz("core-1")).server_name).toBe("core-1");
    await eventually("the same peers", async () => (await peers()).length === 2);
    const { meta_cluster } = await life.ask<MetaGroup>("core-1", "/jsz");
    expect(meta_cluster?.cluster_size).toBe(3);
    expect(await stored()).toContain("before the kill");
    await life.well();
    expect(life.connectFile().servers.find(({ name }) => name === "core-1")?.pid).toBe(fresh);
  });

  test("whose process id belongs to somebody else by now leaves that process alone", async () => {
    const other = innocent();
    try {
      const record = life.running()["core-2"];
      await life.kill("core-2");
      // What a restart of the machine can lead to: the id is in use, by a process that began at another time.
      writeFileSync(life.folder.server("core-2").process, JSON.stringify({ pid: other.pid, started: record?.started }));
      const { code, parts } = await life.status();
      expect(code).toBe(1);
      expect(parts.find(({ name }) => name === "core-2")?.state).toContain("ended by itself");
      await project.run("down", "life", "--now");
      expect(isAlive(other.pid as number)).toBe(true);
      writeFileSync(life.folder.server("core-2").process, JSON.stringify({ pid: other.pid, started: record?.started }));
      await life.up();
      expect(isAlive(other.pid as number)).toBe(true);
      expect(life.pid("core-2")).not.toBe(other.pid);
    } finally {
      other.kill("SIGKILL");
    }
  });
});

describe("down", () => {
  test("stops everything and frees every port; again it is fine", async () => {
    const pids = Object.values(life.pids());
    expect(pids).toHaveLength(everything.length);
    const text = await project.run("down", "life");
    expect(text).toContain("life: 6 processes stopped\n");
    expect(pids.filter(isAlive)).toEqual([]);
    const base = Number(life.ports);
    const ports = [0, 10, 20].flatMap((n) => [2, 6, 8].map((digit) => base + n + digit)).concat(base + 400, base + 401);
    expect(await Promise.all(ports.map(isFree))).toEqual(ports.map(() => true));
    expect(await project.run("down", "life")).toContain("life: 0 processes stopped");
    const { code, parts } = await life.status();
    expect({ code, states: [...new Set(parts.map(({ state }) => state))] }).toEqual({
      code: 1,
      states: ["not running"],
    });
  });

  test("keeps the streams for the next up, on the same ports", async () => {
    const { servers: before } = life.connectFile();
    await life.up();
    expect(await stored()).toContain("before the kill");
    const withoutPid = (list: typeof before) => list.map(({ pid: _, ...rest }) => rest);
    expect(withoutPid(life.connectFile().servers)).toEqual(withoutPid(before));
    await life.well();
  });
});

describe("an up that is cut off", () => {
  test("is carried on by the next one", async () => {
    await project.run("down", "life", "--now");
    const cut = natsformProcess(project, "up", "life");
    const pid = cut.pid as number;
    try {
      await eventually("three servers on record", () => servers.every((name) => life.running()[name]));
    } finally {
      cut.kill("SIGKILL");
    }
    await eventually("its end", () => !isAlive(pid));
    const begun = life.pids();
    expect(begun).not.toHaveProperty("auth-callout-core-0");
    const text = await life.up();
    expect(text).toContain("Servers: 3 kept");
    expect(life.pids()).toMatchObject(begun);
    await life.well();
    expect(await stored()).toContain("before the kill");
  });
});

describe("an up that is asked to end", () => {
  test.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const)("by %s says what it leaves and how to go on, and leaves no lock", async (signal, code) => {
    const up = natsformProcess(project, "up", "life");
    let [stdout, stderr] = ["", ""];
    up.stderr?.on("data", (text) => {
      stderr += text;
    });
    up.stdout?.on("data", (text) => {
      stdout += text;
      if (stdout.includes("Servers ...")) up.kill(signal);
    });
    const ended = await new Promise((resolve) => up.once("close", resolve));
    expect({ ended, stderr }).toEqual({
      ended: code,
      stderr: expect.stringMatching(
        /^interrupted: the twin of life is brought up in part.*\n.*natsform up life continues/,
      ),
    });
    expect(existsSync(life.folder.lock)).toBe(false);
  });
});

describe("two twins of one project", () => {
  test("run side by side, and down without names stops both", async () => {
    await small.up(oneServer("small"));
    await small.well();
    await life.well();
    const both = await project.run("status");
    expect(both).toMatch(/^life$/m);
    expect(both).toMatch(/^small$/m);
    const own = life.pids();
    await project.run("down", "small", "--now");
    expect(small.pids()).toEqual({});
    expect(life.pids()).toEqual(own);
    await small.up();
    await project.run("down", "--now");
    expect([small.pids(), life.pids()]).toEqual([{}, {}]);
  });

  test("do not get the same ports, even while one is down", async () => {
    const before = readFileSync(small.folder.ports, "utf8");
    const result = await project.natsform("up", "small", "--ports", life.ports);
    expect(result.code).toBe(1);
    expect(result.stderr).toContain("life");
    expect(readFileSync(small.folder.ports, "utf8")).toBe(before);
    expect(small.pids()).toEqual({});
  });
});

describe("a port that somebody else holds", () => {
  const holders: Server[] = [];
  const hold = async (port: number) => {
    const server = createServer();
    holders.push(server);
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  };
  afterEach(async () => {
    await Promise.all(holders.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
  });

  test.each([
    ["of the last server", 22, "core-2 client"],
    ["of a responder", 402, "auth-callout-core-1"],
  ])("%s is named with its owner and the way out, and nothing is started", async (_, offset, owner) => {
    expect(life.pids()).toEqual({});
    const port = Number(life.ports) + offset;
    await hold(port);
    const { code, stderr } = await project.natsform("up", "life");
    expect(code).toBe(1);
    expect(stderr).toContain(`${port} (${owner})`);
    expect(stderr).toContain("natsform up life --ports new");
    expect(life.pids()).toEqual({});
  });

  test("in a block that was asked for is named, and the old block stays", async () => {
    const base = Number(claimPorts());
    await hold(base + 12);
    const before = readFileSync(life.folder.ports, "utf8");
    const { code, stderr } = await project.natsform("up", "life", "--ports", String(base));
    expect(code).toBe(1);
    expect(stderr).toContain(`${base + 12} (core-1 client)`);
    expect(readFileSync(life.folder.ports, "utf8")).toBe(before);
    expect(life.pids()).toEqual({});
  });
});

describe("a state folder that cannot be taken over", () => {
  const layout = () => join(life.folder.root, "layout.json");

  test("of another version is refused with the way out, and stays as it is", async () => {
    const own = readFileSync(layout(), "utf8");
    writeFileSync(layout(), '{"layout":99,"environment":"life"}\n');
    try {
      const before = fileTimes(life.folder.environment);
      const { code, stderr } = await project.natsform("up", "life", "--ports", "31900");
      expect(code).toBe(1);
      expect(stderr).toContain('was left by another version of natsform, or is of another environment: {"layout":99');
      expect(stderr).toContain("natsform down life --wipe");
      expect(fileTimes(life.folder.environment)).toEqual(before);
    } finally {
      writeFileSync(layout(), own);
    }
  });

  const jwk = "credentials/oidc-issuer.jwk";
  test.each([
    ["trust.json", ""],
    ["ports.json", '{"base":'],
    ["ports.json", '{"base":-5}'],
    ["topology.json", ""],
    [jwk, "{}"],
  ])("whose %s holds %j is refused by name", async (file, damaged) => {
    const path = join(life.folder.root, file);
    const own = readFileSync(path, "utf8");
    writeFileSync(path, damaged);
    try {
      const { code, stderr } = await project.natsform("up", "life");
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(relative(project.root, path)) });
      expect(stderr).toMatch(/fix: (remove it|move it away|write )/);
      expect(life.pids()).toEqual({});
    } finally {
      writeFileSync(path, own);
    }
  });

  test("without a key that it knows is refused, and told what another one would mean", async () => {
    const path = join(life.folder.keys, "user-sys.key");
    const own = readFileSync(path, "utf8");
    rmSync(path);
    try {
      const { code, stderr } = await project.natsform("up", "life");
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("--twin --replace user-sys") });
      expect(existsSync(path)).toBe(false);
    } finally {
      writeFileSync(path, own, { mode: 0o600 });
    }
  });

  test("without its ports says which its servers have", async () => {
    const own = readFileSync(life.folder.ports, "utf8");
    rmSync(life.folder.ports);
    try {
      const { code, stderr } = await project.natsform("up", "life");
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`write ${own.trim()} into it`) });
    } finally {
      writeFileSync(life.folder.ports, own);
    }
  });

  test("that is a file is named, and not removed", async () => {
    const foreign = new TestTwin(project, "foreign");
    project.write(oneServer("foreign"));
    mkdirSync(dirname(foreign.folder.root), { recursive: true });
    writeFileSync(foreign.folder.root, "notes");
    try {
      const { code, stderr } = await project.natsform("up", "foreign", "--ports", foreign.ports);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(foreign.folder.root) });
      expect(readFileSync(foreign.folder.root, "utf8")).toBe("notes");
    } finally {
      rmSync(foreign.folder.root);
    }
  });
});

describe("records that are lost", () => {
  test("do not cost a stream, and start no second server on its data", async () => {
    writeFileSync(join(life.folder.root, "layout.json"), "");
    await life.up();
    const kept = await stored();
    expect(kept.length).toBeGreaterThan(0);
    const [pids, [server = ""]] = [life.pids(), servers];
    rmSync(life.folder.server(server).process);
    writeFileSync(life.folder.program("oidc-issuer").process, "");
    expect((await life.status()).parts.map(({ name, pid }) => [name, pid]).sort()).toEqual(Object.entries(pids).sort());
    await life.up();
    expect(life.pids()).toEqual(pids);
    expect(await stored()).toEqual(kept);
    await project.run("down", "life");
    expect(Object.values(pids).filter(isAlive)).toEqual([]);
  });
});

describe("down --wipe", () => {
  test("leaves nothing of one twin, and of the last one no folder at all", async () => {
    await small.up();
    await project.run("down", "small", "--wipe", "--now");
    expect(existsSync(small.folder.environment)).toBe(false);
    expect(existsSync(life.folder.root)).toBe(true);
    rmSync(join(project.root, ".natsform", "foreign"), { recursive: true, force: true });
    await project.run("down", "life", "--wipe");
    expect(existsSync(join(project.root, ".natsform"))).toBe(false);
  });
});

describe("without a twin", () => {
  test.each([
    ["status", ["status", "life"]],
    ["verify", ["verify", "life"]],
    ["token", ["token", "life", "--sub", "alice"]],
    ["contexts", ["contexts", "life"]],
    ["logs", ["logs", "life"]],
    ["streams plan", ["streams", "plan", "life"]],
    ["streams apply", ["streams", "apply", "life"]],
  ])("%s says so, says what to do and makes nothing", async (_, command) => {
    const { code, stderr } = await project.natsform(...command);
    expect(code).toBe(1);
    expect(stderr).toContain("life has no twin on this machine\n  fix: natsform up life");
    expect(existsSync(join(project.root, ".natsform"))).toBe(false);
  });

  test("status and down of everything have nothing to do", async () => {
    expect(await project.run("status")).toContain("no twins here; natsform up ENVIRONMENT starts one");
    expect(await project.run("down")).toBe("no twins here: nothing to stop\n");
    expect(await project.run("down", "life")).toContain("life: no twin here");
    expect(existsSync(join(project.root, ".natsform"))).toBe(false);
  });

  test("a file of somebody else's where environments have their folders is nobody's twin", async () => {
    const other = new TestProject();
    try {
      other.write(oneServer("strayed"));
      const stray = join(other.root, ".natsform", ".DS_Store");
      mkdirSync(dirname(stray));
      writeFileSync(stray, "");
      expect(await other.run("status")).toContain("no twins here");
      expect(await other.run("down", "--wipe")).toContain("no twins here");
      expect(readFileSync(stray, "utf8")).toBe("");
    } finally {
      await other.remove();
    }
  });

  test("an environment that does not exist is refused with those that do, and leaves nothing", async () => {
    const { code, stderr } = await project.natsform("up", "lifee");
    expect(code).toBe(1);
    expect(stderr).toContain("life");
    expect(existsSync(join(project.root, ".natsform"))).toBe(false);
  });

  test("an environment with lint errors is not started", async () => {
    project.write({ ...oneServer("small"), clusters: { core: { ...core, size: 1 } } });
    const { code, stderr } = await project.natsform("up", "small", "--ports", small.ports);
    expect(code).toBe(1);
    expect(stderr).toContain("one-zone-not-durable");
    expect(stderr).toContain("natsform check small explains them");
    expect(small.pids()).toEqual({});
  });
});

function lockOf(pid: number): string {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return JSON.stringify({ pid, started: stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] });
}
