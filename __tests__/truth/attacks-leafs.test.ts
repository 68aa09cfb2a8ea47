import { readFileSync } from "node:fs";
import { fromSeed } from "nkeys.js";
import type { EnvironmentInput } from "../../model/config";
import { defaultRelease } from "../../model/config/server-releases";
import { createAuthority, issueCertificate, type KeyPairPem } from "../../runtime/x509/authority";
import { AttackedServer } from "../support/attacks/attacked-server";
import { type RawConnection, rawNats } from "../support/attacks/raw";
import { core, oidc, permissions } from "../support/twin-environment";

/**
 * Family D of docs/attacks.md: partners with logins that are good with their own certificates alone, in the protocol of leaf
 * nodes. `loose` is one whose login is good with every certificate of a known authority. In operator mode logins are JWTs.
 */
const environment = (mode: "callout" | "operator"): EnvironmentInput => ({
  name: `leafs-${mode}`,
  identity: { mode, oidc, permissions },
  clusters: {
    core: {
      ...{ ...core, size: 1, leafHub: true },
      foreignLeafs: {
        partner: { accounts: ["APP"], certificate: "own" },
        other: { accounts: ["APP"], certificate: "own" },
        loose: { accounts: ["APP"] },
      },
    },
  },
});
const leafs = ["partner", "other", "loose"];

const issued = (by: KeyPairPem, name: string) =>
  issueCertificate(by, { names: { dns: [name] }, usages: ["client"], ttlMs: 3_600_000, now: new Date() });

describe.each(["callout", "operator"] as const)("in %s mode", (mode) => {
  const server = new AttackedServer();
  const connections: RawConnection[] = [];
  const certificates = new Map<string, KeyPairPem>();

  beforeAll(async () => {
    await server.start(environment(mode), defaultRelease);
    await server.startCallout();
    const { cert, key } = server.single.folder.authority("leafnodes", "core");
    const authority = { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
    for (const leaf of leafs) certificates.set(leaf, await issued(authority, leaf));
  });
  afterAll(async () => {
    for (const connection of connections) connection.end();
    await server.remove();
  });

  /** What proves a login, as nats-server sends it: an nkey, or the JWT of creds. */
  async function proof(leaf: string, nonce: string): Promise<object> {
    const user = `leaf-${leaf}-APP`;
    const pair = fromSeed(new TextEncoder().encode(await server.seed(`user-${user}`)));
    const sig = Buffer.from(pair.sign(new TextEncoder().encode(nonce))).toString("base64url");
    if (mode === "callout") return { nkey: pair.getPublicKey(), sig };
    const [, jwt = ""] = /USER JWT-----\s+(\S+)/.exec(await server.seed(`creds-${user}`)) ?? [];
    return { jwt, sig };
  }

  /** What a hub says to a leaf node with this login and this certificate. */
  async function said(login: string, certificate?: KeyPairPem, more: object = {}): Promise<string> {
    const trusting = { ca: server.certificate("leafnodes").ca, checkServerIdentity: () => undefined };
    const connection = await rawNats(server.port("leafnodes"), { ...trusting, ...certificate });
    connections.push(connection);
    const nonce = /"nonce":"([^"]+)"/.exec(connection.info)?.[1] ?? "";
    const connect = { ...(await proof(login, nonce)), tls_required: true, name: "leaf", ...more };
    connection.send(`CONNECT ${JSON.stringify(connect)}\r\nPING\r\n`);
    return connection.until(/PONG|-ERR/);
  }
  async function isIn(login: string, certificate?: KeyPairPem, more: object = {}): Promise<boolean> {
    const text = await said(login, certificate, more);
    return text.includes("PONG") && !text.includes("-ERR");
  }

  const tries = leafs.flatMap((login) => leafs.map((certificate) => [login, certificate] as const));
  test.each(tries)("the login of %s with the certificate of %s", async (login, certificate) => {
    expect(await isIn(login, certificates.get(certificate))).toBe(login === "loose" || login === certificate);
  });

  test.each(leafs)("the login of %s without a certificate, or with one of an unknown authority", async (login) => {
    const stranger = await createAuthority("stranger", 86_400_000, new Date());
    for (const certificate of [undefined, await issued(stranger, login)])
      expect(await isIn(login, certificate).catch(() => false)).toBe(false);
  });

  test("the right certificate without the key: the signature of another moment, or none", async () => {
    for (const sig of ["", "AAAA", Buffer.alloc(64).toString("base64url")])
      expect([sig, await isIn("partner", certificates.get("partner"), { sig })]).toEqual([sig, false]);
  });

  test("what is let in has the rights of its link, as one has that servers judge by themselves", async () => {
    const rightsOf = async (leaf: string) => {
      const text = await said(leaf, certificates.get(leaf));
      const [, last = "{}"] = [...text.matchAll(/INFO (\{.*\})/g)].at(-1) ?? [];
      const { remote_account, import: imports, export: exports } = JSON.parse(last);
      // Each is closed to the inboxes of the others, and open to its own.
      return JSON.stringify({ remote_account, imports, exports }).replaceAll(/,"_INBOX_\w+\.>"/g, "");
    };
    const partner = await rightsOf("partner");
    expect(partner).toContain('"$JS.>"');
    expect(partner).toBe(await rightsOf("loose"));
  });
});
