import {
  connect,
  credsAuthenticator,
  type NatsConnection,
  nkeyAuthenticator,
  PermissionViolationError,
} from "@nats-io/transport-node";
import { makeKeys } from "../../cli/keys/make";
import { MemoryStore } from "../../cli/keys/store";
import { type EnvironmentInput, parseEnvironment } from "../../model/config";
import { buildTopology, clusterOf } from "../../model/topology";
import { RENEWAL_INBOX } from "../../runtime/certificate-renewal/contract";
import { reloadServers } from "../../runtime/certificate-renewal/reload";
import { identityConf } from "../../templates/nats-conf/identity";
import { printConf } from "../../templates/nats-conf/tree";
import { makeFolder, type NatsServer, removeFolder, startNatsServer } from "../support/callout-nats-server";
import { eventually } from "../support/eventually";

type Mode = "callout" | "operator";

const environment = (mode: Mode, platform: EnvironmentInput["clusters"][string]["platform"]) => {
  const { environment, problems } = parseEnvironment({
    name: "renewed",
    identity: {
      mode,
      oidc: { issuer: "https://id.example.com/", audience: "nats" },
      permissions: [{ account: "APP", publish: { allow: ["a.{sub}"] } }],
    },
    clusters: { core: { platform, tls: {} } },
  });
  if (!environment) throw new Error(JSON.stringify(problems));
  return environment;
};

test("the job has a user only where it runs", () => {
  const users = (change: (input: ReturnType<typeof environment>) => void, kind: "kubernetes" | "aws-ecs") => {
    const aws = { kind: "aws-ecs", region: "eu-west-1", domain: "x.example.com" } as const;
    const input = environment("callout", kind === "aws-ecs" ? aws : { kind, flavor: "gke" });
    change(input);
    return buildTopology(input).identity.users.map(({ name }) => name);
  };
  const tls = ({ clusters: { core } }: ReturnType<typeof environment>) => {
    if (!core) throw new Error("no cluster");
    return core.tls;
  };
  expect(users(() => undefined, "kubernetes")).toContain("renewal");
  expect(users(() => undefined, "aws-ecs")).not.toContain("renewal");
  expect(users((input) => Object.assign(tls(input), { issuer: "local" }), "kubernetes")).not.toContain("renewal");
  expect(users((input) => Object.assign(tls(input).vault, { renewal: "terraform" }), "kubernetes")).not.toContain(
    "renewal",
  );
});

describe.each<Mode>(["callout", "operator"])("the renewal user in %s mode", (mode) => {
  const folder = makeFolder();
  let server: NatsServer;
  let store: MemoryStore;
  const connections: NatsConnection[] = [];

  const login = async (user: string, inboxPrefix?: string) => {
    const held = (await store.read(mode === "operator" ? `creds-${user}` : `user-${user}`)) ?? "";
    const bytes = Buffer.from(`${held}${mode === "operator" ? "\n" : ""}`);
    const authenticator = mode === "operator" ? credsAuthenticator(bytes) : nkeyAuthenticator(bytes);
    const connection = await connect({ servers: `127.0.0.1:${server.port}`, authenticator, inboxPrefix });
    connections.push(connection);
    return connection;
  };

  beforeAll(async () => {
    store = new MemoryStore();
    const topology = buildTopology(environment(mode, { kind: "kubernetes", flavor: "gke" }));
    const { trust } = await makeKeys(topology, store);
    server = await startNatsServer(
      folder,
      printConf(identityConf(topology, clusterOf(topology, "core"), trust, folder)),
    );
  });
  afterAll(async () => {
    await Promise.all(connections.map((connection) => connection.close()));
    await server?.stop();
    removeFolder(folder);
  });

  test("finds the servers and has them reload", async () => {
    const connection = await login("renewal", RENEWAL_INBOX);
    const said = () => server.log().split("Reloaded server configuration").length;
    const before = said();
    const log = { info: () => undefined, warn: () => undefined };
    // A listener that nobody serves is behind for ever.
    const served = [
      {
        server: connection.info?.server_name ?? "",
        host: "127.0.0.1",
        port: 1,
        certificate: "internal",
        plainInfo: true,
      },
    ];
    const current = new Map([["internal", { cert: "", key: "", fingerprint: "another" }]]);
    const reloading = reloadServers({ connection: async () => connection, served, current, timeoutMs: 0, log });
    await expect(reloading).rejects.toThrow("not served yet: internal on 127.0.0.1:1");
    await eventually("the server reloads", async () => said() > before);
  });

  test.each([
    ["of connections", "$SYS.REQ.SERVER.PING.CONNZ"],
    ["of the accounts", "$SYS.REQ.SERVER.PING.ACCOUNTZ"],
    ["of an account's connections", "$SYS.REQ.ACCOUNT.APP.CONNZ"],
    ["of the server's settings", "$SYS.REQ.SERVER.PING.VARZ"],
    ["to replace an account", "$SYS.REQ.CLAIMS.UPDATE"],
    ["to delete accounts", "$SYS.REQ.CLAIMS.DELETE"],
    ["to close a connection", "$SYS.REQ.SERVER.ANY.KICK"],
    ["to publish anything else", "orders.new"],
  ])("is refused a question %s", async (_, subject) => {
    const connection = await login("renewal", RENEWAL_INBOX);
    const errors: string[] = [];
    void (async () => {
      for await (const status of connection.status()) if (status.type === "error") errors.push(status.error.message);
    })();
    await expect(connection.request(subject, "", { timeout: 1500 })).rejects.toThrow(/permissions violation|timeout/i);
    await eventually("the server refuses", async () => errors.some((error) => /Permissions Violation/.test(error)));
  });

  test.each(["$SYS.>", "_INBOX.>", "$SYS.ACCOUNT.*.CONNECT"])("hears nothing on %s", async (subject) => {
    const connection = await login("renewal", RENEWAL_INBOX);
    const refused = new Promise<unknown>((resolve) => {
      connection.subscribe(subject, { callback: (error) => void (error && resolve(error)) });
    });
    expect(await refused).toBeInstanceOf(PermissionViolationError);
  });

  test("an administrator's question is answered, so that the refusals above are the user's", async () => {
    const connection = await login("sys");
    expect(
      (await connection.request("$SYS.REQ.SERVER.PING.CONNZ", "", { timeout: 30_000 })).data.length,
    ).toBeGreaterThan(2);
  });
});
