import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { HandlerError } from "../../runtime/client";
import { ClientWorld, transports } from "../support/client-world";
import { natsCliPath } from "../support/nats-cli";

const run = promisify(execFile);
const program = natsCliPath;
if (!program) process.stderr.write("client-micro: skipped: nats is not built: make nats-cli\n");

const world = new ClientWorld();
afterAll(() => world.end());

(program ? test : test.skip).each(transports)(
  "`nats micro` lists, describes and counts what we serve, over %s",
  async (_, transport) => {
    const server = await world.server();
    const client = world.client(server, transport, { name: "users", version: "2.1.0", description: "who is who" });
    await client.serve("user.get", {
      handler: (message) => {
        if (message.string() === "") throw new HandlerError(404);
        return "alice";
      },
    });
    await client.request("user.get", "7");
    await expect(client.request("user.get", "")).rejects.toMatchObject({ status: 404 });
    const micro = async (...args: string[]) =>
      (await run(program ?? "", ["--server", server.url, "micro", ...args], { timeout: 60_000 })).stdout;
    expect(await micro("ls")).toMatch(/users\W+2\.1\.0/);
    const info = await micro("info", "users");
    for (const told of ["users", "2.1.0", "who is who", "user.get"]) expect(info).toContain(told);
    expect(await micro("stats", "users")).toMatch(/user_get\W+2\W+q\W+1\W/);
    await micro("ping", "users");
  },
);
