import { Clients } from "../../../runtime/auth-callout/clients";
import type { Responder } from "../../../runtime/auth-callout/responder";
import { Seats } from "../../../runtime/auth-callout/seats";
import type { NatsClient } from "../../../runtime/client";
import { eventually } from "../../support/eventually";

type Status = { type: string };

/** Servers to which clients are connected in an order that is given, and what is heard of each connection. */
class World {
  readonly made: Client[] = [];
  /** What happened, in its order. */
  readonly done: string[] = [];

  constructor(readonly order: string[]) {}

  newClient = () => {
    const server = this.order[this.made.length] ?? this.order.at(-1) ?? "";
    const client = new Client(this, server, this.made.length);
    this.made.push(client);
    return client as unknown as NatsClient;
  };
  responder = (client: NatsClient) => {
    const { name } = client as unknown as Client;
    return {
      run: async () => void this.done.push(`${name} subscribes`),
      subscribed: async () => void this.done.push(`${name} is heard`),
      probe: async () => undefined,
      stop: async () => void this.done.push(`${name} answers what it took`),
    } as unknown as Responder;
  };
  open = () => this.made.filter(({ closed }) => !closed).map(({ server }) => server);
}

class Client {
  closed = false;
  readonly name: string;
  #tell: (status: Status) => void = () => undefined;

  constructor(
    readonly world: World,
    readonly server: string,
    index: number,
  ) {
    this.name = `${index}@${server}`;
  }
  say(type: string): void {
    this.#tell({ type });
  }
  connection = async () => {
    const client = this;
    return {
      info: { server_name: this.server },
      async *status() {
        while (!client.closed)
          yield await new Promise<Status>((resolve) => {
            client.#tell = resolve;
          });
      },
    };
  };
  async drain() {
    this.closed = true;
    this.say("close");
    this.world.done.push(`${this.name} is closed`);
  }
  close = () => this.drain();
  health = () => ({ connected: !this.closed, servers: ["tls://nats:4222"], reconnects: 0 });
}

let seats: Seats | undefined;
afterEach(() => seats?.stop());

function start(world: World, servers = 3): Seats {
  seats = new Seats({
    clients: new Clients(world.newClient),
    responder: world.responder,
    servers: () => servers,
    onMove: ({ from, to, why }) => world.done.push(`moved from ${from} to ${to}: ${why}`),
    lookMs: 5,
  });
  seats.start();
  return seats;
}

test("two places at one server are taken apart, and nowhere else than at another one", async () => {
  const world = new World(["s0", "s0", "s0", "s1"]);
  start(world);
  await eventually("two servers", () => world.open().toSorted().join() === "s0,s1");
  expect(world.done).toContain("moved from s0 to s1: shared");
});

test("where there is one server, both places stay there", async () => {
  const world = new World(["s0", "s0"]);
  start(world, 1);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(world.made).toHaveLength(2);
});

test("a place at a server that says lame duck is taken elsewhere first, and given up then", async () => {
  const world = new World(["s0", "s1", "s0", "s1", "s2"]);
  start(world);
  await eventually("both are connected", () => world.done.length === 2);
  await new Promise((resolve) => setTimeout(resolve, 20));
  world.made[0]?.say("ldm");
  await eventually("it has moved", () => world.done.includes("0@s0 is closed"));
  // Neither back to the server that ends nor to where the other place is.
  expect(world.open().toSorted()).toEqual(["s1", "s2"]);
  const steps = ["4@s2 is heard", "moved from s0 to s2: leaves", "0@s0 answers what it took", "0@s0 is closed"];
  expect(world.done.filter((line) => steps.includes(line))).toEqual(steps);
});

test("better two places at one server than one at a server that ends", async () => {
  const world = new World(["s0", "s1", "s1"]);
  start(world, 2);
  await eventually("both are connected", () => world.done.length === 2);
  await new Promise((resolve) => setTimeout(resolve, 20));
  world.made[0]?.say("ldm");
  await eventually("it has moved", () => world.done.includes("0@s0 is closed"), 10);
  expect(world.open()).toEqual(["s1", "s1"]);
});

test("a client that is somebody else's is the only place, and is left open", async () => {
  const world = new World(["s0"]);
  const client = world.newClient();
  const own = new Seats({
    clients: new Clients(client),
    responder: world.responder,
    servers: () => 3,
    onMove: () => undefined,
  });
  own.start();
  await own.stop();
  expect(world.done).toEqual(["0@s0 subscribes", "0@s0 answers what it took"]);
});

test("it is well while one place answers, and stopped as a whole", async () => {
  const world = new World(["s0", "s1"]);
  const own = start(world);
  expect(await own.probe(() => undefined as never)).toBeUndefined();
  await own.stop();
  expect(world.open()).toEqual([]);
});
