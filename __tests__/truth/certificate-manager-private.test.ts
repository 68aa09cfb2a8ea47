import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer, type TLSSocket } from "node:tls";
import { connectPca } from "../../runtime/certificate-manager/aws/acm-pca";
import type { CertificateSecret } from "../../runtime/certificate-manager/contract";
import { Superseded } from "../../runtime/certificate-manager/ports";
import { CertificateWorld } from "../support/certificate-world";

const hourMs = 3_600_000;
const world = new CertificateWorld();
beforeAll(() => world.start());
afterAll(() => world.stop());

const both = ["server" as const, "client" as const];
const certificate = (id: string, issuer: string, name: string, usages = both as ("server" | "client")[]) => ({
  id,
  issuer,
  names: [name],
  usages,
});

/** A mutual handshake. @returns the reason when either side refuses */
async function handshake(
  server: CertificateSecret,
  client: CertificateSecret,
  name: string,
): Promise<string | undefined> {
  const options = ({ certificate: cert, chain, privateKey, authorities }: CertificateSecret) => ({
    cert: cert + chain,
    key: privateKey,
    ca: authorities.split(/(?<=-----END CERTIFICATE-----\n)/),
  });
  const listener = createServer({ ...options(server), requestCert: true, rejectUnauthorized: true });
  const refused = new Promise<string>((resolve) => listener.once("tlsClientError", ({ message }) => resolve(message)));
  const accepted = new Promise<void>((resolve) => listener.once("secureConnection", () => resolve()));
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as AddressInfo;
  const socket: TLSSocket = connect({ ...options(client), host: "127.0.0.1", port, servername: name });
  const trusted = new Promise<void>((resolve) => socket.once("secureConnect", () => resolve()));
  const failed = new Promise<string>((resolve) => socket.on("error", ({ message }) => resolve(message)));
  try {
    // Either side may be content before the other has refused.
    return await Promise.race([Promise.all([accepted, trusted]).then(() => undefined), refused, failed]);
  } finally {
    socket.destroy();
    listener.close();
  }
}

test("each issuer has an authority of its own, and opens no other door", async () => {
  const env = await world.deploy([
    certificate("routes", "routes", "core-0.nats.internal"),
    certificate("leafnodes", "leafnodes", "core-0.nats.internal"),
  ]);
  expect((await world.invoke(env)).certificates.map(({ outcome }) => outcome)).toEqual(["issued", "issued"]);
  const routes = (await world.stored(env, "routes")) as CertificateSecret;
  const leafnodes = (await world.stored(env, "leafnodes")) as CertificateSecret;
  expect(await handshake(routes, routes, "core-0.nats.internal")).toBeUndefined();
  expect(
    await handshake(routes, { ...leafnodes, authorities: routes.authorities }, "core-0.nats.internal"),
  ).toBeDefined();
  expect((await world.invoke(env)).certificates.map(({ outcome }) => outcome)).toEqual(["kept", "kept"]);
});

test("during a rollover of the authority no server is refused that is one run behind", async () => {
  const ids = ["leafnodes", "leaf-remote"];
  const env = await world.deploy([
    certificate("leafnodes", "leafnodes", "core-0.nats.internal"),
    certificate("leaf-remote", "leafnodes", "edge-0.nats.internal", ["client"]),
  ]);
  const stages: CertificateSecret[][] = [];
  // It ends now: real handshakes happen now, and what is issued later would not be valid yet.
  const lastHours = 168;
  /** The new authority would be due to sign, and the agent says nothing. */
  const silentUntil = 72;
  const runAt = async (hours: number, roll: string[] = [], loads = true) => {
    const aheadMs = (hours - lastHours) * hourMs;
    if (loads) await world.load(env, ids, aheadMs - 60_000);
    await world.invoke(env, { request: { roll }, aheadMs });
    stages.push(await Promise.all(ids.map(async (id) => (await world.stored(env, id)) as CertificateSecret)));
  };
  await runAt(0);
  await runAt(12, ["leafnodes"]);
  // A second request changes nothing while the first is under way.
  await runAt(24, ["leafnodes"]);
  for (let hours = 36; hours <= silentUntil; hours += 12) await runAt(hours, [], false);
  expect(world.logged.join("")).toContain("servers have not loaded what is stored: core-0 (its agent says nothing)");
  expect(stages.at(-1)?.map(({ certificate }) => certificate)).toEqual(
    stages[0]?.map(({ certificate }) => certificate),
  );
  for (let hours = silentUntil + 12; hours <= lastHours; hours += 12) await runAt(hours);

  const authorities = stages.map(([hub]) => (hub?.authorities ?? "").split("BEGIN").length - 1);
  expect([authorities[0], Math.max(...authorities), authorities.at(-1)]).toEqual([1, 2, 1]);
  const [first, last] = [stages[0], stages.at(-1)] as [CertificateSecret[], CertificateSecret[]];
  expect(last[0]?.authorities).not.toBe(first[0]?.authorities);

  for (const [index, [hub, remote]] of stages.entries()) {
    const [behindHub, behindRemote] = stages[Math.max(0, index - 1)] as CertificateSecret[];
    for (const [server, client] of [
      [hub, remote],
      [behindHub, remote],
      [hub, behindRemote],
    ] as [CertificateSecret, CertificateSecret][])
      expect({ index, refused: await handshake(server, client, "core-0.nats.internal") }).toEqual({ index });
  }
  // What has been left behind for good is refused: the handshakes above could have failed.
  expect(
    await handshake(first[0] as CertificateSecret, last[1] as CertificateSecret, "core-0.nats.internal"),
  ).toBeDefined();
});

test.each([
  ["ACM PCA by ACM PCA", { AUTHORITIES: "{}" }, "one", "two"],
  ["one of the manager by ACM PCA", {}, undefined, "two"],
  ["ACM PCA by one of the manager", {}, "one", undefined],
] as const)("an authority is replaced with the same overlap: %s", async (_, kept, from, to) => {
  const arns = { one: await pcaRoot("one"), two: await pcaRoot("two") };
  const env = await world.deploy([certificate("internal", "internal", "core-0.nats.internal", ["server"])]);
  const withCa = (name: "one" | "two" | undefined) => ({
    ...env,
    ...kept,
    PRIVATE_CA_ARNS: JSON.stringify(name === undefined ? {} : { internal: arns[name] }),
  });
  const signer = (stored?: CertificateSecret) => new X509Certificate(stored?.certificate ?? "").issuer;
  const isOf = (name: string | undefined, text: string) =>
    ["one", "two"].every((one) => text.includes(one) === (one === name));
  expect((await world.invoke(withCa(from))).certificates).toMatchObject([{ outcome: "issued" }]);
  const first = signer(await world.stored(env, "internal"));
  expect([first, isOf(from, first)]).toEqual([first, true]);

  const trusted: number[] = [];
  for (let hours = 12; hours <= 132; hours += 12) {
    // So far ahead no log takes lines.
    const reports = async () => new Map([["core-0", await world.runs(env, ["internal"])]]);
    await world.invoke(withCa(to), { aheadMs: hours * hourMs, ports: () => ({ servers: { reports } }) });
    const stored = await world.stored(env, "internal");
    trusted.push((stored?.authorities ?? "").split("BEGIN").length - 1);
  }
  expect([Math.max(...trusted), trusted.at(-1)]).toEqual([2, 1]);
  const last = signer(await world.stored(env, "internal"));
  expect([last, isOf(to, last)]).toEqual([last, true]);
});

test("the authority of a manager is not carried over to where ACM PCA's are kept", async () => {
  const env = await world.deploy([certificate("internal", "internal", "core-0.nats.internal", ["server"])]);
  await world.invoke(env);
  const before = await world.stored(env, "internal");
  const moved = { ...env, AUTHORITIES: "{}", PRIVATE_CA_ARNS: JSON.stringify({ internal: await pcaRoot("one") }) };
  await world.invoke(moved, { aheadMs: 12 * hourMs });
  const after = await world.stored(env, "internal");
  expect(after?.authorities).not.toContain((before?.authorities ?? "none").trim());
});

test("a run that has lost the lease, or that somebody was faster than, stores nothing", async () => {
  const env = await world.deploy([certificate("internal", "internal", "core-0.nats.internal", ["server"])]);
  await world.invoke(env);
  const before = await world.stored(env, "internal");
  const name = world.secretOf(env, "internal");
  const forced = { renew: ["internal"] };

  // The lease ends while the certificate is made, and another run takes it.
  const lostLease = world.invoke(env, {
    request: forced,
    ports: (ports) => ({
      issuer: (issuer) => ({
        issue: async (attempt) => {
          const made = await ports.issuer(issuer).issue(attempt);
          await world.endLease(env);
          return made;
        },
      }),
    }),
  });
  await expect(lostLease).rejects.toThrow("the lease has ended");
  expect(await world.stored(env, "internal")).toEqual(before);

  const overtaken = world.invoke(env, {
    request: forced,
    ports: (ports) => ({
      issuer: (issuer) => ({
        issue: async (attempt) => {
          const made = await ports.issuer(issuer).issue(attempt);
          const current = await ports.secrets.read(name);
          await ports.secrets.write(name, JSON.stringify(before), current?.version);
          return made;
        },
      }),
    }),
  });
  await expect(overtaken).rejects.toThrow("somebody else has written");
  expect(await world.stored(env, "internal")).toEqual(before);
});

test("a secret is written on top of what was read, also after an older version was made current again", async () => {
  const env = await world.deploy([certificate("internal", "internal", "core-0.nats.internal", ["server"])]);
  const name = world.secretOf(env, "internal");
  const secrets = await world.ports(env, ({ secrets }) => secrets);
  await secrets.write(name, "one", undefined);
  await expect(secrets.write(name, "other", undefined)).rejects.toBeInstanceOf(Superseded);
  const one = await secrets.read(name);
  await secrets.write(name, "two", one?.version);
  await expect(secrets.write(name, "other", one?.version)).rejects.toBeInstanceOf(Superseded);
  const two = await secrets.read(name);
  await world.makeCurrent(name, one?.version ?? "", two?.version ?? "");
  await secrets.write(name, "three", one?.version);
  // The emulated AWS leaves the label where a person has put it; what counts is that there is a third version.
  expect(await world.versions(env, "internal")).toBe(3);
});

test("authorities that cannot be read are never written over", async () => {
  const env = await world.deploy([certificate("internal", "internal", "core-0.nats.internal", ["server"])]);
  const name = JSON.parse(env.AUTHORITIES ?? "{}").internal;
  await world.put(name, '{"half": "written"');
  await expect(world.invoke(env)).rejects.toThrow(/internal .*holds no authorities: restore its previous version/);
  expect(await world.ports(env, ({ secrets }) => secrets.read(name))).toMatchObject({ value: '{"half": "written"' });
});

/** A root in ACM PCA. @returns its ARN */
async function pcaRoot(commonName: string): Promise<string> {
  const { region, endpoint, credentials } = world.aws;
  const pca = connectPca({ endpoint, region: async () => region, credentials: async () => credentials });
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const { CertificateAuthorityArn } = await pca<{ CertificateAuthorityArn: string }>("CreateCertificateAuthority", {
    CertificateAuthorityType: "ROOT",
    CertificateAuthorityConfiguration: {
      KeyAlgorithm: "RSA_2048",
      SigningAlgorithm: "SHA256WITHRSA",
      Subject: { CommonName: commonName },
    },
  });
  const { Csr } = await pca<{ Csr: string }>("GetCertificateAuthorityCsr", { CertificateAuthorityArn });
  const { CertificateArn } = await pca<{ CertificateArn: string }>("IssueCertificate", {
    CertificateAuthorityArn,
    Csr: base64(Csr),
    SigningAlgorithm: "SHA256WITHRSA",
    TemplateArn: "arn:aws:acm-pca:::template/RootCACertificate/V1",
    Validity: { Type: "YEARS", Value: 10 },
  });
  const { Certificate } = await pca<{ Certificate: string }>("GetCertificate", {
    CertificateAuthorityArn,
    CertificateArn,
  });
  await pca("ImportCertificateAuthorityCertificate", { CertificateAuthorityArn, Certificate: base64(Certificate) });
  return CertificateAuthorityArn;
}
