import {
  connect,
  credsAuthenticator,
  type NatsConnection,
  nkeyAuthenticator,
  PermissionViolationError,
} from "@nats-io/transport-node";
import { makeKeys } from "../../cli/keys/make";
import { MemoryStore } from "../../cli/keys/store";
import { liveCluster } from "../../cli/review/live";
import { type EnvironmentInput, parseEnvironment, type Trust } from "../../model/config";
import { buildTopology, clusterOf } from "../../model/topology";
import { RENEWAL_INBOX } from "../../runtime/certificate-renewal/contract";
import { reloadServers } from "../../runtime/certificate-renewal/reload";
import { programInboxPrefix } from "../../runtime/client/identity";
import { OBSERVER_INBOX } from "../../runtime/observer/contract";
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

describe.each<Mode>(["callout", "operator"])("users of the system account in %s mode", (mode) => {
  const folder = makeFolder();
  let server: NatsServer;
  let store: MemoryStore;
  let trust: Trust;
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
    ({ trust } = await makeKeys(topology, store));
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

  test("the renewal job finds the servers and has them reload", async () => {
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

  test("a review reads what a server runs and holds", async () => {
    const connection = await login("observer", OBSERVER_INBOX);
    const name = connection.info?.server_name ?? "";
    const live = await liveCluster({ name: "core", servers: [{ name }, { name: "away" }] as never }, trust, connection);
    expect(live).toMatchObject({
      servers: [
        { name, said: { version: connection.info?.version, connections: expect.any(Number) } },
        { name: "away" },
      ],
      streams: [],
    });
    expect(live.servers[1]?.said).toBeUndefined();
  });

  const questions = {
    "of connections": "$SYS.REQ.SERVER.PING.CONNZ",
    "of the accounts": "$SYS.REQ.SERVER.PING.ACCOUNTZ",
    "of an account's connections": "$SYS.REQ.ACCOUNT.APP.CONNZ",
    "of profiles": "$SYS.REQ.SERVER.PING.PROFILEZ",
    "to replace an account": "$SYS.REQ.CLAIMS.UPDATE",
    "to delete accounts": "$SYS.REQ.CLAIMS.DELETE",
    "to close a connection": "$SYS.REQ.SERVER.ANY.KICK",
    "to send clients away": "$SYS.REQ.SERVER.ANY.LDM",
    "to remove a peer": "$JS.API.SERVER.REMOVE",
    "to publish anything else": "orders.new",
  };
  const refused = {
    renewal: { ...questions, "of the server's settings": "$SYS.REQ.SERVER.PING.VARZ" },
    observer: { ...questions, "to reload": "$SYS.REQ.SERVER.ANY.RELOAD" },
  };
  const cases = Object.entries(refused).flatMap(([user, asked]) =>
    Object.entries(asked).map(([what, subject]) => ({ user, what, subject })),
  );

  test.each(cases)("$user is refused a question $what", async ({ user, subject }) => {
    const connection = await login(user, programInboxPrefix(user));
    const errors: string[] = [];
    void (async () => {
      for await (const status of connection.status()) if (status.type === "error") errors.push(status.error.message);
    })();
    await expect(connection.request(subject, "", { timeout: 1500 })).rejects.toThrow(/permissions violation|timeout/i);
    await eventually("the server refuses", async () => errors.some((error) => /Permissions Violation/.test(error)));
  });

  const heard = ["renewal", "observer"].flatMap((user) =>
    ["$SYS.>", "_INBOX.>", "$SYS.ACCOUNT.*.CONNECT"].map((subject) => ({ user, subject })),
  );
  test.each(heard)("$user hears nothing on $subject", async ({ user, subject }) => {
    const connection = await login(user, programInboxPrefix(user));
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
