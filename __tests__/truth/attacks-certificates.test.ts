import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { findNatsServer } from "../../cli/core/tools";
import { makeKeys } from "../../cli/keys/make";
import { MemoryStore } from "../../cli/keys/store";
import { parseEnvironment, type Trust } from "../../model/config";
import { listEnvironments, loadEnvironment, loadTrust, trustFile } from "../../model/config/load";
import { defaultRelease } from "../../model/config/server-releases";
import { buildTopology, type Topology } from "../../model/topology";
import { createAuthority, issueCertificate } from "../../runtime/x509/authority";
import { type ConfObject, platformSite, printConf, serverConf } from "../../templates/nats-conf";
import { frame, type RawConnection, rawNats, rawTls, upgrade } from "../support/attacks/raw";
import { freePort, makeFolder, type NatsServer, removeFolder, startNatsServer } from "../support/callout-nats-server";
import { core, oidc } from "../support/twin-environment";

/** Family S9 of docs/attacks.md: users that are a certificate's name. */

const folder = makeFolder();
const checkout = resolve(__dirname, "../..");
const stops: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const stop of stops.reverse()) await stop();
  removeFolder(folder);
});

/** Every key of a configuration with its path and value. */
function* entries(value: unknown, path: string[] = []): Generator<[path: string[], value: unknown]> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    yield [[...path, key], item];
    yield* entries(item, [...path, key]);
  }
}

/** What lets somebody in who has shown no key of his own. */
const FORBIDDEN = ["verify_and_map", "user", "password", "pass", "token", "no_auth_user", "insecure", "allow_non_tls"];

function expectKeysOnly(topology: Topology, trust: Trust, environment: string): void {
  for (const cluster of topology.clusters)
    for (const server of cluster.servers) {
      const conf: ConfObject = serverConf({ topology, cluster, server, site: platformSite(topology, cluster), trust });
      const all = [...entries(conf)];
      expect(all.length).toBeGreaterThan(20);
      const found = all.filter(([path]) => FORBIDDEN.includes(path.at(-1) ?? "")).map(([path]) => path.join("."));
      expect({ environment, server: server.name, found }).toEqual({ environment, server: server.name, found: [] });
      const users = all.filter(([path]) => path.at(-1) === "users").flatMap(([, list]) => list as { nkey?: string }[]);
      for (const { nkey } of users) expect(nkey).toMatch(/^U[A-Z2-7]{55}$/);
      expect(printConf(conf)).not.toMatch(/\b(CN|OU|DN)=/);
    }
}

test("S9: no configuration of any environment has users of certificates, passwords or nothing", async () => {
  const names = listEnvironments(checkout);
  expect(names.length).toBeGreaterThan(3);
  for (const name of names) {
    const topology = buildTopology(await loadEnvironment(name, checkout));
    expectKeysOnly(topology, loadTrust(trustFile(name, checkout), checkout), name);
  }
});

test("S9: nor has one in operator mode, with a hub of leaf nodes and websockets", async () => {
  const { environment, problems } = parseEnvironment({
    name: "operator",
    identity: { mode: "operator", oidc, permissions: [{ account: "APP", publish: { allow: ["user.{sub}.>"] } }] },
    clusters: { core: { ...core, size: 3, leafHub: true, websocket: { allowedOrigins: ["https://app.example.com"] } } },
  });
  if (!environment) throw new Error(JSON.stringify(problems));
  const topology = buildTopology(environment);
  const { trust } = await makeKeys(topology, new MemoryStore());
  expectKeysOnly(topology, trust, "operator");
});

describe("S9: a user of a certificate, which natsform never renders,", () => {
  let certificate: { cert: string; key: string; ca: string };
  beforeAll(async () => {
    const now = new Date();
    const authority = await createAuthority("attacked", 86_400_000, now);
    const names = { dns: ["localhost"], addresses: ["127.0.0.1"] };
    const pair = await issueCertificate(authority, {
      names,
      usages: ["server", "client"],
      ttlMs: 3_600_000,
      now,
    });
    for (const [name, text] of Object.entries({ "ca.crt": authority.cert, "tls.crt": pair.cert, "tls.key": pair.key }))
      writeFileSync(join(folder, name), text, { mode: 0o600 });
    certificate = { ca: authority.cert, ...pair };
  });

  async function start(version: string): Promise<{ server: NatsServer; websocket: number }> {
    const program = findNatsServer(version);
    if (!program) throw new Error(`nats-server ${version} is not built`);
    const websocket = await freePort();
    const files = `cert_file: "${folder}/tls.crt", key_file: "${folder}/tls.key", ca_file: "${folder}/ca.crt"`;
    const server = await startNatsServer(
      folder,
      `tls { ${files}, verify_and_map: true }
       websocket { listen: "127.0.0.1:${websocket}", tls { cert_file: "${folder}/tls.crt", key_file: "${folder}/tls.key" } }
       authorization { users: [{ user: localhost }] }`,
      undefined,
      program,
    );
    stops.push(() => server.stop());
    return { server, websocket };
  }
  const verdict = async (connection: RawConnection) => {
    try {
      const said = await connection.until(/PONG|-ERR/);
      return said.includes("PONG") ? "admitted" : "refused";
    } finally {
      connection.end();
    }
  };
  const login = 'CONNECT {"user":"localhost","protocol":1}\r\nPING\r\n';
  /** The listener that asks for no certificate, and only the user's name. */
  const byName = async (port: number) => {
    const connection = await rawTls(port, { ca: certificate.ca, servername: "localhost" });
    connection.send(upgrade("/"));
    await connection.until(/\r\n\r\n/);
    connection.send(frame(Buffer.from(login)));
    return verdict(connection);
  };

  test("gets in with the certificate, and by its name alone nowhere", async () => {
    const { server, websocket } = await start(defaultRelease);
    const { ca, cert, key } = certificate;
    const connection = await rawNats(server.port, { ca, cert, key, servername: "localhost" });
    connection.send('CONNECT {"protocol":1}\r\nPING\r\n');
    expect(await verdict(connection)).toBe("admitted");
    expect(await byName(websocket)).toBe("refused");
  });

  const onOld = findNatsServer("2.14.2") ? test : test.skip;
  onOld(
    "got in by its name alone on another listener of 2.14.2 (control, skipped without nats-server 2.14.2)",
    async () => expect(await byName((await start("2.14.2")).websocket)).toBe("admitted"),
  );
});
