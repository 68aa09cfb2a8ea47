import { readFileSync, writeFileSync } from "node:fs";
import { signalProcess } from "../../cli/core/processes";
import { makeKeys } from "../../cli/keys/make";
import { FolderStore } from "../../cli/keys/store";
import { twinConf } from "../../cli/twin/conf";
import type { Twin } from "../../cli/twin/context";
import { allocatePorts, storedBase } from "../../cli/twin/ports";
import { configDigest } from "../../cli/twin/servers";
import { reloadMatrix, type ServerChange } from "../../model/change";
import { type EnvironmentInput, parseEnvironment } from "../../model/config";
import { buildTopology, clusterOf, type Topology } from "../../model/topology";
import type { NatsClient } from "../../runtime/client";
import { planChange } from "../../templates";
import { printConf } from "../../templates/nats-conf";
import { type TriedChange, triedChanges, triedEnvironment } from "../support/change-table";
import { eventually } from "../support/eventually";
import { findProgram } from "../support/programs";
import { TestProject } from "../support/project";
import { TestTwin } from "../support/twin-project";

/*
 * What is said of a change is compared with what a real server does: its log, its times, its digest, its connections. One twin
 * runs; each change is rendered as `up` renders it and given to one of its servers, and taken back.
 */

const server = "core-0";
const natsServer = findProgram("nats-server") as string;

interface Seen {
  start: string;
  config_load_time: string;
  config_digest: string;
}
interface Connections {
  connections: { cid: number; name?: string }[];
}

class Laid {
  readonly project = new TestProject();
  readonly twin: TestTwin;
  readonly environment: EnvironmentInput;
  #original = "";
  #token = "";

  constructor(readonly mode: "callout" | "operator") {
    this.twin = new TestTwin(this.project, `tried-${mode}`);
    this.environment = triedEnvironment(`tried-${mode}`, mode);
  }

  async up(): Promise<void> {
    await this.twin.up(this.environment);
    this.#token = await this.twin.token("tried");
    this.#original = readFileSync(this.#conf, "utf8");
  }

  topology(input = this.environment): Topology {
    const { environment, problems } = parseEnvironment(input);
    if (!environment) throw new Error(JSON.stringify(problems));
    return buildTopology(environment);
  }

  get #conf(): string {
    return this.twin.folder.server(server).conf;
  }
  get #log(): string {
    return readFileSync(this.twin.folder.server(server).log, "utf8");
  }
  seen = () => this.twin.ask<Seen>(server, "/varz");

  /** The server's configuration as `up` would write it: with keys for users that are new. */
  async rendered(topology: Topology): Promise<string> {
    const { folder } = this.twin;
    const { trust } = await makeKeys(topology, new FolderStore(folder.keys), this.twin.trust());
    const cluster = clusterOf(topology, "core");
    const ports = allocatePorts(topology, storedBase(folder) ?? 0);
    const [first] = cluster.servers;
    if (!first) throw new Error("no server");
    return printConf(twinConf({ topology, folder, ports } as Twin, cluster, first, trust));
  }

  /** Gives the server a configuration, and returns its own words about it. */
  async load(text: string): Promise<string> {
    const before = this.#log.length;
    writeFileSync(this.#conf, text);
    signalProcess(this.twin.folder.server(server), "SIGHUP");
    const verdict = /Reloaded server configuration|Failed to reload server configuration: .*/;
    await eventually("a word about the reload", () => verdict.test(this.#log.slice(before)));
    return verdict.exec(this.#log.slice(before))?.[0] ?? "";
  }

  restore = () => this.load(this.#original);
  digestOf = async (text: string) => {
    writeFileSync(`${this.#conf}.tried`, text);
    return configDigest(natsServer, `${this.#conf}.tried`);
  };

  /** One client of each kind on this very server: known to it, and admitted by the callout. */
  async visitors(): Promise<Map<string, NatsClient>> {
    const address = this.twin.connectFile().servers.find(({ name }) => name === server)?.client ?? "";
    const made = [
      ["sys", this.twin.user("sys")],
      ["user", { kind: "token", token: this.#token }],
      ["service", this.twin.service()],
    ] as const;
    const clients = new Map<string, NatsClient>();
    for (const [name, authentication] of made) {
      const login = name === "sys" && this.mode === "operator" ? await this.#sysCreds() : authentication;
      const client = this.twin.client(login, { name: `visitor-${name}`, servers: [address] });
      await client.connection();
      clients.set(name, client);
    }
    return clients;
  }
  async #sysCreds() {
    const creds = readFileSync(this.twin.folder.credentials("sys.creds"), "utf8");
    return { kind: "creds", creds } as const;
  }

  /** Connections of the visitors, by their names. */
  async ids(): Promise<Record<string, number>> {
    const { connections } = await this.twin.ask<Connections>(server, "/connz?limit=10000");
    const own = connections.filter(({ name = "" }) => name.startsWith("visitor-"));
    return Object.fromEntries(own.map(({ name = "", cid }) => [name.replace("visitor-", ""), cid]));
  }

  async close(): Promise<void> {
    await this.twin.close();
    await this.project.remove();
  }
}

const isRefusal = (why = "") => /config reload not supported/.test(why);

/** What the server did, as far as it says and shows it. */
async function proveReload(laid: Laid, said: ServerChange, text: string): Promise<void> {
  const visitors = await laid.visitors();
  try {
    const before = { seen: await laid.seen(), ids: await laid.ids() };
    expect(Object.keys(before.ids).sort()).toEqual(["service", "sys", "user"]);
    expect(await laid.load(text)).toBe("Reloaded server configuration");
    await eventually("it shows", async () => (await laid.seen()).config_load_time !== before.seen.config_load_time);
    const after = await laid.seen();
    expect(after.start).toBe(before.seen.start);
    expect(after.config_digest).toBe(await laid.digestOf(text));
    const closes = said.disconnects.some((who) => who.includes("that the callout admitted"));
    const closed = async () => {
      const ids = await laid.ids();
      return Object.keys(before.ids).filter((name) => ids[name] !== before.ids[name]);
    };
    const expected = closes ? ["service", "user"] : [];
    await eventually("those are closed", async () => {
      const gone = await closed();
      return expected.every((name) => gone.includes(name));
    });
    // Whoever is left has had an answer since.
    await visitors.get("sys")?.request("$SYS.REQ.USER.INFO");
    expect((await closed()).sort()).toEqual(expected);
  } finally {
    for (const client of visitors.values()) await client.close();
  }
}

async function proveRestart(laid: Laid, said: ServerChange, text: string): Promise<void> {
  const before = await laid.seen();
  const word = await laid.load(text);
  const restarts = said.reasons.filter(({ effect }) => effect === "restart");
  expect(restarts.length).toBeGreaterThan(0);
  const isWithheld = restarts.every(({ at, why }) => reloadMatrix[at] !== undefined && !isRefusal(why));
  if (isWithheld) {
    expect(word).toBe("Reloaded server configuration");
    return;
  }
  expect(word).toMatch(/^Failed to reload server configuration: /);
  const after = await laid.seen();
  expect({ start: after.start, digest: after.config_digest, loaded: after.config_load_time }).toEqual({
    start: before.start,
    digest: before.config_digest,
    loaded: before.config_load_time,
  });
}

/** What stands elsewhere in operator mode, and two of what does not: keys are signed anew for each. */
const inOperatorMode = [
  '{"maxPayload":"3MiB"}',
  '{"proxyProtocol":true}',
  '"maxStreams":11',
  '{"NEW":{"jetstream"',
  '"tier:silver"',
];

describe.each(["callout", "operator"] as const)("in %s mode", (mode) => {
  const laid = new Laid(mode);
  // What decides about logins is another in operator mode, and the rest the same.
  const changes = triedChanges(laid.environment).filter(
    ({ what }) => mode === "callout" || inOperatorMode.some((text) => what.includes(text)),
  );
  beforeAll(() => laid.up());
  afterAll(() => laid.close());

  test("there are enough of them", () => {
    expect(changes.length).toBeGreaterThanOrEqual(mode === "callout" ? 60 : inOperatorMode.length);
    expect(new Set(changes.map(({ after }) => JSON.stringify(after))).size).toBe(changes.length);
  });

  test.each(changes.map((change): [string, TriedChange] => [change.what, change]))("%s", async (_, { after }) => {
    const topology = laid.topology(after);
    const plan = planChange(laid.topology(), topology, { onPlatform: false });
    const said = plan.servers.find((one) => one.server === server);
    if (!said) throw new Error("nothing is said of the server");
    const text = await laid.rendered(topology);
    const running = (await laid.seen()).config_digest;
    switch (said.effect) {
      case "nothing":
        expect(await laid.digestOf(text)).toBe(running);
        return;
      case "reload":
        await proveReload(laid, said, text);
        break;
      default:
        await proveRestart(laid, said, text);
    }
    expect(await laid.restore()).toBe("Reloaded server configuration");
    await eventually("it is as before", async () => (await laid.seen()).config_digest === running);
  });
});
