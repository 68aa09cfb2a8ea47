import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "@nats-io/transport-node";
import { connect as connect2 } from "nats";
import { toolPath } from "../../cli/core/toolbox/find";
import type { TestTwin } from "./twin-project";

/** How logins of one client went, with nothing set but addresses, authority and token. */
export interface OfficialLogins {
  admitted: number;
  /** How often, by reason. */
  refused: Record<string, number>;
}

interface Given {
  servers: string[];
  caFile: string;
  token: string;
}

/** Logs in with the official clients as they come, again and again, while `work` is done. @returns by client */
export async function whileOfficialClientsLogIn(
  twin: TestTwin,
  work: () => Promise<unknown>,
): Promise<Record<string, OfficialLogins>> {
  const { servers, caFile } = twin.connectFile();
  const token = await twin.token("dave");
  const given: Given = { servers: servers.map(({ client }) => client), caFile, token };
  const python = toolPath("nats-py");
  if (!python) process.stderr.write("nats-py is not on this machine\n");
  const clients = {
    "nats.js 3": inNode(given, (options) => connect(options)),
    "nats.js 2": inNode(given, (options) => connect2(options)),
    ...(python && { "nats-py": inPython(given, python) }),
  };
  try {
    await work();
  } finally {
    for (const { stop } of Object.values(clients)) stop();
  }
  const all = Object.entries(clients).map(async ([name, { ended }]) => [name, await ended] as const);
  return Object.fromEntries(await Promise.all(all));
}

interface Running {
  stop(): void;
  ended: Promise<OfficialLogins>;
}

type Login = (options: object) => Promise<{ close(): Promise<void> }>;

function inNode({ servers, caFile, token }: Given, login: Login): Running {
  const ca = readFileSync(caFile, "utf8");
  const logins: OfficialLogins = { admitted: 0, refused: {} };
  let stopped = false;
  const ended = (async () => {
    while (!stopped) {
      try {
        const nc = await login({ servers, token, tls: { ca } });
        logins.admitted++;
        await nc.close();
      } catch (error) {
        const reason = String(error);
        logins.refused[reason] = (logins.refused[reason] ?? 0) + 1;
      }
      await sleep(20);
    }
    return logins;
  })();
  const stop = () => {
    stopped = true;
  };
  return { stop, ended };
}

function inPython(given: Given, python: string): Running {
  const child: ChildProcess = spawn(python, [join(__dirname, "official-logins.py")], {
    // It says of every connection that TLS was closed.
    stdio: ["pipe", "pipe", "ignore"],
  });
  let said = "";
  child.stdout?.on("data", (chunk: Buffer) => {
    said += chunk;
  });
  const ended = new Promise<OfficialLogins>((resolve, reject) =>
    child.once("close", (code) =>
      code === 0 ? resolve(JSON.parse(said)) : reject(new Error(`python ended with ${code}`)),
    ),
  );
  child.stdin?.write(`${JSON.stringify(given)}\n`);
  return { stop: () => child.stdin?.end(), ended };
}
