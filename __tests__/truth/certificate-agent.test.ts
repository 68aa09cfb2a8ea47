import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { type ConnectionOptions, connect, Events, type NatsConnection, nkeyAuthenticator } from "nats";
import { toolPath } from "../../cli/core/toolbox/find";
import { type CertificateId, storedName } from "../../model/topology";
import { verifyCertificate } from "../../runtime/certificate-agent/certificate";
import { servedFingerprint } from "../../runtime/certificate-agent/handshake";
import { ServerFiles } from "../../runtime/certificate-agent/server-files";
import { pairDigest, runsMessage } from "../../runtime/common/server-report";
import { type ConfObject, printConf, Raw, restartDigest } from "../../templates/nats-conf";
import { AgentWorld, day } from "../support/agent-world";
import { makeCertificate, startNatsServer } from "../support/callout-nats-server";
import { seeds } from "../support/cli-run";
import { eventually } from "../support/eventually";
import type { Program } from "../support/start-program";

// Without moto there is no store, and `make test` has said so.
const whenMoto = toolPath("moto") ? describe : describe.skip;

whenMoto("the certificate agent", () => {
  // One story on one server: each test goes on from where the one before it ended.
  const world = new AgentWorld();
  let agent: Program;
  let server: Program;
  let client: NatsConnection;
  const disconnects: string[] = [];

  beforeAll(() => world.start());
  afterAll(async () => {
    // A second close never resolves.
    if (client?.isClosed() === false) await client.close();
    await world.remove();
  });

  const conf = () => readFileSync(world.path("nats.conf"), "utf8");
  const keyInPlace = (id: CertificateId) => readFileSync(world.path("certs", id, "tls.key"), "utf8");
  const fingerprint = (pem: string) => new X509Certificate(pem).fingerprint256;
  const certificateOf = (id: CertificateId) => world.certificates.find((certificate) => certificate.id === id);
  const nameOf = (id: CertificateId) => certificateOf(id)?.names[0] ?? "";
  const isHealthy = async () => (await agent.get("/healthz")).status === 200;
  const metric = async (name: string) =>
    (await agent.get("/metrics")).body.split("\n").filter((line) => line.startsWith(`certificate_agent_${name}`));
  const reloads = async () => (await metric("reloads_total")).join();

  /** What a client sees on the port for clients. */
  const served = (id: CertificateId) =>
    servedFingerprint({ port: world.ports.client, servername: nameOf(id), plainInfo: true, proxied: false });

  /** Connects as a user that the server knows without the callout. */
  async function connectAsOperator(): Promise<NatsConnection> {
    const { trust, cluster } = world.rich;
    const seed = (await world.keys.read(storedName(trust, cluster.name, "user-sys"))) ?? "";
    const options = {
      servers: `tls://127.0.0.1:${world.ports.client}`,
      authenticator: nkeyAuthenticator(new TextEncoder().encode(seed)),
      // Without a name the server shows its first certificate, the public one.
      tls: { ca: (await world.authority("public")).cert },
    } satisfies ConnectionOptions;
    return connect(options);
  }

  test("without its files in the store it is not healthy, says what is missing, and comes in order by itself", async () => {
    agent = world.startAgent();
    await agent.says('"httpPort"');
    await agent.says("the server cannot start yet");
    expect(await agent.get("/healthz")).toMatchObject({ status: 503, body: expect.stringContaining("nats.conf") });
    const address = { HTTP_PORT: /"httpPort":(\d+)/.exec(agent.log())?.[1] ?? "" };
    const sick = world.runAgent(["health"], address);
    await eventually("health check", async () => !sick.isRunning());
    expect({ code: await sick.end("SIGKILL"), said: sick.log() }).toMatchObject({
      code: 1,
      said: expect.stringContaining("certificate public"),
    });

    await world.fillStore();
    await eventually("healthy", async () => (await agent.get("/healthz")).status === 200, 60);
    const well = world.runAgent(["health"], address);
    await eventually("health check", async () => !well.isRunning());
    expect(await well.end("SIGKILL")).toBe(0);
    expect(conf()).toBe(printConf(world.conf));
    for (const { id } of world.certificates) {
      expect(statSync(world.path("certs", id, "tls.key")).mode & 0o777).toBe(0o600);
    }
  });

  test("a server starts from what it wrote, and is seen to serve it under every name", async () => {
    server = world.startServer();
    await server.says("Server is ready");
    await agent.says("served as in place");
    expect(await metric("served")).toHaveLength(
      world.rich.cluster.listeners.flatMap(({ certificates }) =>
        certificates.flatMap((id) => world.certificates.find((certificate) => certificate.id === id)?.names ?? []),
      ).length,
    );
    expect((await metric("served")).filter((line) => !line.endsWith(" 1"))).toEqual([]);
    expect(await metric("reloads_total")).toEqual([]);
    client = await connectAsOperator();
    void (async () => {
      for await (const { type } of client.status()) if (type === Events.Disconnect) disconnects.push(type);
    })();
  });

  test("what the server runs is known to a deployment, by the logs of its task alone", async () => {
    await agent.says(runsMessage);
    await world.shipLogs({ agent: agent.log(), nats: server.log() });
    const judged = await world.judgeTask();
    expect(judged).toEqual({ ok: true, seen: expect.stringMatching(/^sha256:/) });
    const varz = await fetch(`http://127.0.0.1:${world.ports.monitoring}/varz`);
    expect(((await varz.json()) as { config_digest: string }).config_digest).toContain(judged.seen);
  });

  test("streams of an account that the environment does not know are known to a deployment as well", async () => {
    const lost = join(world.root, "data/jetstream/LOST/streams/ORDERS");
    const said = async () => {
      await world.shipLogs({ agent: agent.log(), nats: "" });
      return world.judgeAccounts();
    };
    expect((await said()).ok).toBe(true);
    // What stays of an account that was taken out.
    mkdirSync(lost, { recursive: true });
    await agent.says('"holds":{"LOST":["ORDERS"]}');
    expect(await said()).toEqual({ ok: false, seen: "LOST is not in the environment and holds ORDERS on core-0" });
    rmSync(lost, { recursive: true });
    await world.shipLogs({ agent: "", nats: "" });
    expect(await world.judgeAccounts()).toEqual({ ok: false, seen: "not said by the agents of core-0" });
  });

  test("a renewed certificate is served without dropping clients that the server knows", async () => {
    const since = agent.log().length;
    const [renewed, routes] = [await world.putCertificate("public"), await world.putCertificate("routes")];
    await eventually("renewed", async () => (await served("public")) === fingerprint(renewed.certificate));
    // The agent may have looked between the two.
    await eventually("renewed", async () => keyInPlace("routes") === routes.privateKey);
    await agent.says("served as in place", since);
    // The next step of a rollover waits for this.
    for (const [id, value] of Object.entries({ public: renewed, routes }))
      await agent.says(`"${id}":"${pairDigest(value)}"`, since);
    expect(disconnects).toEqual([]);
    await client.flush();
    expect((await metric("served")).filter((line) => !line.endsWith(" 1"))).toEqual([]);
    const [notAfter = ""] = await metric('certificate_not_after_seconds{id="public"');
    expect(Number(notAfter.split(" ")[1]) * 1000).toBe(Date.parse(new X509Certificate(renewed.certificate).validTo));
  });

  test("what has not changed is not downloaded", async () => {
    const before = world.store.proxy.seen.length;
    const described = () =>
      world.store.proxy.seen.slice(before).filter((what) => what.endsWith("DescribeSecret")).length;
    await eventually("two polls", async () => described() >= 2 * world.certificates.length);
    const seen = world.store.proxy.seen.slice(before);
    expect(seen.filter((what) => /GetSecretValue|^GET/.test(what))).toEqual([]);
  });

  describe("a new certificate that must not be served", () => {
    const other = () => world.certificate("public");
    const broken: [what: string, secret: () => Promise<unknown>, problem: string][] = [
      [
        "with the key of another",
        async () => ({ ...(await other()), privateKey: (await other()).privateKey }),
        "belongs to another",
      ],
      ["that expired", () => world.certificate("public", { now: new Date(Date.now() - 31 * day) }), "it expired on"],
      ["for other names", () => world.certificate("public", { names: ["other.example.com"] }), "it does not carry"],
      ["that is no certificate", async () => ({ ...(await other()), certificate: "CANARY" }), "see certificate"],
      ["in a secret that is no JSON", async () => `CANARY ${(await other()).privateKey}`, "see the whole value"],
    ];
    test.each(broken)("%s", async (_, secret, problem) => {
      const [since, key, before] = [agent.log().length, keyInPlace("public"), await reloads()];
      await world.putCertificate("public", await secret());
      await agent.says(problem, since);
      expect(keyInPlace("public")).toBe(key);
      expect(await isHealthy()).toBe(true);
      expect(await reloads()).toBe(before);
      expect((await metric("failures_total")).join()).toContain('what="certificate public",why="rejected"');
    });

    test("is forgotten with the next good one", async () => {
      const since = agent.log().length;
      const renewed = await world.putCertificate("public");
      await eventually("renewed", async () => (await served("public")) === fingerprint(renewed.certificate));
      await agent.says("in order again", since);
    });
  });

  test("a configuration that can be reloaded is", async () => {
    const since = agent.log().length;
    world.conf = { ...world.conf, max_payload: new Raw("2MiB") };
    await world.putConfig();
    const varz = async () =>
      (await fetch(`http://127.0.0.1:${world.ports.monitoring}/varz`)).json() as Promise<{ max_payload: number }>;
    await eventually("reloaded", async () => (await varz()).max_payload === 2 * 1024 * 1024);
    await agent.says(/"changes":\["nats.conf"\]/, since);
    expect(conf()).toBe(printConf(world.conf));
    expect(disconnects).toEqual([]);
  });

  test("a configuration that the server refuses is named by its keys and put back, and a certificate still gets in", async () => {
    const since = agent.log().length;
    const changed: ConfObject = { ...world.conf, lame_duck_duration: "40s", max_payload: new Raw("3MiB") };
    // As if it could be reloaded: the digest of the configuration that runs.
    await world.putConfig(changed, restartDigest(world.conf));
    const renewed = await world.putCertificate("internal");
    await agent.says("differs in: lame_duck_duration, max_payload", since);
    await eventually("renewed", async () => (await served("internal")) === fingerprint(renewed.certificate));
    expect(conf()).toBe(printConf(world.conf));
    expect(await isHealthy()).toBe(true);
    expect(await reloads()).toContain('{result="refused"} 1');
    await agent.says('"refused":"it refuses', since);
    await world.shipLogs({ agent: agent.log(), nats: server.log() });
    expect(await world.judgeTask(changed)).toEqual({
      ok: false,
      seen: expect.stringMatching(
        /^runs sha256:\w+, rendered sha256:\w+; it refused the reload: config reload not supported for LameDuckDuration/,
      ),
    });
    // What the agent knows by itself stands in where the server's line is no longer there.
    await world.shipLogs({ agent: agent.log(), nats: "" });
    expect(await world.judgeTask(changed)).toMatchObject({
      ok: false,
      seen: expect.stringContaining("differs in: lame_duck_duration, max_payload"),
    });

    const later = agent.log().length;
    const again = await world.putCertificate("internal");
    await eventually("renewed", async () => (await served("internal")) === fingerprint(again.certificate));
    expect(agent.log().slice(later)).not.toContain("refuses");
    expect(await reloads()).toContain('{result="refused"} 1');

    const end = agent.log().length;
    await world.putConfig();
    await agent.says("in order again", end);
  });

  test("a configuration that no deployment published is not taken, users of its writer included", async () => {
    const since = agent.log().length;
    const forged = `${printConf(world.conf)}http_base_path: "/forged"\n`;
    await world.store.putConfig(forged, restartDigest(world.conf));
    await agent.says("not the configuration that the deployment published", since);
    const renewed = await world.putCertificate("internal");
    await eventually("renewed", async () => (await served("internal")) === fingerprint(renewed.certificate));
    expect(conf()).toBe(printConf(world.conf));

    // A task that starts now passes it over as well, and finds the one that was published.
    const late = world.startAgent({ CONFIG_FOLDER: world.path("..", "unforged"), PID_FILE: "/nowhere" });
    await late.says("everything is in place");
    expect(readFileSync(world.path("..", "unforged", "nats.conf"), "utf8")).toBe(printConf(world.conf));
    await late.end("SIGTERM");

    const end = agent.log().length;
    await world.putConfig();
    await agent.says("in order again", end);
  });

  test("a certificate that the server alone cannot read is put back", async () => {
    const since = agent.log().length;
    const key = keyInPlace("public");
    // A curve that Node knows and Go does not.
    const [crt, pem] = [world.path("..", "odd.crt"), world.path("..", "odd.key")];
    const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp256k1", "-nodes", "-keyout", pem];
    const names = ["-addext", `subjectAltName=DNS:${nameOf("public")}`];
    execFileSync("openssl", ["req", "-x509", ...curve, "-out", crt, "-days", "9", "-subj", "/CN=odd", ...names], {
      stdio: "ignore",
    });
    const odd = { certificate: readFileSync(crt, "utf8"), chain: "", privateKey: readFileSync(pem, "utf8") };
    await world.putCertificate("public", { ...odd, authorities: "" });
    await agent.says("refuses to reload one of these: certificate public", since);
    expect(keyInPlace("public")).toBe(key);
    const renewed = await world.putCertificate("public");
    await eventually("renewed", async () => (await served("public")) === fingerprint(renewed.certificate));
    await agent.says("in order again", since);
    expect(disconnects).toEqual([]);
  });

  test("a configuration for another task waits, and certificates go on", async () => {
    const since = agent.log().length;
    const changed: ConfObject = { ...world.conf, lame_duck_duration: "50s" };
    await world.putConfig(changed, restartDigest(changed));
    await agent.says("waits for the task", since);
    const renewed = await world.putCertificate("routes");
    await eventually("renewed", async () => keyInPlace("routes") === renewed.privateKey);
    expect(conf()).toBe(printConf(world.conf));
    expect(await metric("config_waits")).toEqual(["certificate_agent_config_waits 1"]);
  });

  test("a task that starts late finds the configuration that it was started for", async () => {
    const late = world.startAgent({ CONFIG_FOLDER: world.path("..", "late"), PID_FILE: "/nowhere" });
    await late.says("everything is in place");
    expect(readFileSync(world.path("..", "late", "nats.conf"), "utf8")).toBe(printConf(world.conf));
    expect(await late.end("SIGTERM")).toBe(0);

    const never = world.startAgent({ CONFIG_FOLDER: world.path("..", "never"), RESTART_DIGEST: "unheard-of" });
    await never.says("no configuration has the restart digest unheard-of");
    expect((await never.get("/healthz")).status).toBe(503);
    await never.end("SIGKILL");
  });

  test.each(["500", "reset"] as const)(
    "a store that fails (%s) changes nothing, and is one line in the log",
    async (fault) => {
      const since = agent.log().length;
      world.store.proxy.fault = fault;
      await agent.says("it failed", since);
      const failures = async () => (await metric('failures_total{what="nats.conf",why="failed"}')).join();
      const first = await failures();
      await eventually("another failed poll", async () => (await failures()) !== first, 60);
      expect(await isHealthy()).toBe(true);
      const renewed = await world.putCertificate("public");
      world.store.proxy.fault = "none";
      await eventually("renewed", async () => (await served("public")) === fingerprint(renewed.certificate), 60);
      expect(
        agent
          .log()
          .slice(since)
          .match(/"what":"nats.conf","problem":"it failed/g),
      ).toHaveLength(1);
      expect(disconnects).toEqual([]);
    },
  );

  test("an agent that was killed between a write and the reload makes up for it", async () => {
    await agent.end("SIGKILL");
    const secret = await world.putCertificate("public");
    const files = new ServerFiles(world.folder, { certificates: certificatesOfAgent(), credentials: [] });
    const desired = { names: [nameOf("public")], usages: ["server" as const], isPrivate: false, now: new Date() };
    const verdict = verifyCertificate(JSON.stringify(secret), desired);
    if (!("certificate" in verdict)) throw new Error(verdict.problems.join());
    files.writeCertificate("public", verdict.certificate);
    expect(await served("public")).not.toBe(fingerprint(secret.certificate));

    agent = world.startAgent();
    await eventually("served", async () => (await served("public")) === fingerprint(secret.certificate));
    await agent.says("served as in place");
    expect(disconnects).toEqual([]);
  });

  const certificatesOfAgent = () =>
    world.certificates.map(({ id, issuer, names }) => ({ id, issuer, names, secret: world.secretName(id) }));

  test("a server that vanishes takes nothing with it, and one that comes back finds what is new", async () => {
    await client.close();
    await server.end("SIGKILL");
    const renewed = await world.putCertificate("public");
    await eventually("renewed", async () => keyInPlace("public") === renewed.privateKey);
    expect(await isHealthy()).toBe(true);
    const since = agent.log().length;
    server = world.startServer();
    await server.says("Server is ready");
    await agent.says("served as in place", since);
    expect(await served("public")).toBe(fingerprint(renewed.certificate));
  });

  test("a listener that wants to know whom a proxy speaks for is verified as well", async () => {
    const folder = mkdtempSync(join(world.root, "proxied-"));
    const { certFile, keyFile } = makeCertificate(folder);
    const tls = `tls { cert_file: "${certFile}", key_file: "${keyFile}" }`;
    const proxied = await startNatsServer(folder, `proxy_protocol: true\n${tls}`);
    try {
      const props = { port: proxied.port, servername: "localhost", plainInfo: true, proxied: true };
      expect(await servedFingerprint(props)).toBe(fingerprint(readFileSync(certFile, "utf8")));
    } finally {
      await proxied.stop();
    }
  });

  test("SIGTERM ends it, and no log holds a secret", async () => {
    expect(await agent.end("SIGTERM")).toBe(0);
    expect(agent.log()).toContain("stopped");
    const logs = [agent, server].map((program) => program.log()).join();
    expect(logs).not.toMatch(seeds);
    expect(logs).not.toMatch(/PRIVATE KEY|CANARY/);
    const words = ["public", "internal", "routes"].flatMap((id) =>
      keyInPlace(id as CertificateId)
        .split("\n")
        .slice(1, 3),
    );
    expect(words.filter((word) => word.length > 20 && logs.includes(word))).toEqual([]);
  });
});
