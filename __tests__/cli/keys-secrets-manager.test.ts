import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { writeFileAtomically } from "../../artifacts/files";
import { emulatorFolder } from "../../cli/core/emulator-folder";
import { silentHost } from "../../cli/core/host";
import { toolPath } from "../../cli/core/toolbox/find";
import { dueCertificates } from "../../cli/deploy/aws/due-certificates";
import { recordDeployedAuthorities, withExchangedAuthorities } from "../../cli/deploy/exchange-authorities";
import type { DeployTarget } from "../../cli/deploy/target";
import { deployedLeafAuthority } from "../../cli/keys/leaf-authority";
import { makeKeys } from "../../cli/keys/make";
import { pushSecrets } from "../../cli/keys/push";
import { SecretsManagerStore } from "../../cli/keys/secrets-manager";
import { MemoryStore, openStore } from "../../cli/keys/store";
import demo from "../../environments/demo";
import { loadTrust, trustFile } from "../../model/config/load";
import { parseEnvironment } from "../../model/config/parse";
import { awsClusterNames, buildTopology, clusterOf, deployedSecrets, personalSecrets } from "../../model/topology";
import { createAuthority, issueCertificate, type KeyPairPem } from "../../runtime/x509/authority";
import { changeOf } from "../../templates/change";
import { type OpenMoto, startOpenMoto } from "../support/moto";

const day = 86_400_000;
const year = 365 * day;
const missing = toolPath("moto") ? undefined : "moto is not installed";
let moto: OpenMoto;
const config = () => ({ endpoint: moto.url, credentials: { accessKeyId: "test", secretAccessKey: "test" } });
const storeOf = (prefix: string, containers?: "existing") =>
  new SecretsManagerStore("eu-west-1", prefix, containers, config());

(missing ? describe.skip : describe)(`keys in Secrets Manager${missing ? `: ${missing}` : ""}`, () => {
  beforeAll(async () => {
    moto = await startOpenMoto();
  });
  afterAll(() => moto?.stop());

  describe("a leaf cluster's authority", () => {
    const { environment } = parseEnvironment({
      ...demo,
      clusters: {
        core: { ...demo.clusters.core, leafHub: true },
        edge: {
          platform: { kind: "aws-ecs", region: "eu-west-1", domain: "edge.example.com" },
          leafOf: { cluster: "core" },
        },
      },
    });
    if (!environment) throw new Error("the environment is not right");
    const topology = buildTopology(environment);
    let root: string;
    beforeAll(() => {
      root = mkdtempSync(join(tmpdir(), "natsform-authorities-"));
    });
    afterAll(() => rmSync(root, { recursive: true, force: true }));
    const secret = "demo-edge-certificate-leaf-remote";
    const client = () => new SecretsManagerClient({ region: "eu-west-1", ...config() });
    const content = ({ cert, key }: KeyPairPem) =>
      JSON.stringify({ certificate: cert, chain: "", privateKey: key, authorities: cert });
    const authorityFor = (days: number) => createAuthority("edge", days * 86_400_000, new Date());

    const target = (): DeployTarget => ({
      root,
      environment,
      topology,
      trust: loadTrust(trustFile("demo", root), root),
      keys: new MemoryStore(),
      out: join(root, "cdktf.out"),
      env: { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" },
      kubernetes: new Map(),
      streamsMay: {},
      emulator: {
        folder: emulatorFolder(root, "demo"),
        address: { url: moto.url, key: moto.key, dns: "", acmeRoot: "" },
      },
    });

    test("is read from the secret of its certificate, and its key goes nowhere", async () => {
      const read = () => deployedLeafAuthority(topology, clusterOf(topology, "edge"), { aws: config() });
      await expect(read()).rejects.toThrow(/demo-edge-certificate-leaf-remote.*\n.*deploy the cluster first/);
      const authority = await authorityFor(1);
      await client().send(new CreateSecretCommand({ Name: secret, SecretString: content(authority) }));
      expect(await read()).toBe(authority.cert);
    });

    test("is noted by a deployment when it is new, beside the one of before; what cannot be read is said", async () => {
      const path = trustFile("demo", root);
      const { trust } = await makeKeys(topology, new MemoryStore());
      writeFileAtomically(path, JSON.stringify(trust));
      const note = () => recordDeployedAuthorities(target(), silentHost(false));
      const show = async (pair: KeyPairPem) =>
        client().send(new PutSecretValueCommand({ SecretId: secret, SecretString: content(pair) }));
      const [before, after] = [await authorityFor(10), await authorityFor(20)];

      await show(before);
      const plannedWith = await withExchangedAuthorities(target(), silentHost(false));
      const trusted = { ...trust, authorities: { edge: before.cert } };
      expect(plannedWith.trust).toEqual(trusted);
      // What is planned is synthesized with it; the project's own file waits for the deployment.
      expect(loadTrust(join(plannedWith.trustFolder ?? "", "demo.trust.json"), root)).toEqual(trusted);
      expect(loadTrust(path, root)).toEqual(trust);
      const [said] = changeOf([{ topology, trust }], topology, ["core", "edge"], {
        trust: plannedWith.trust,
        authorities: plannedWith.authoritiesBefore,
      }).servers;
      expect(said).toMatchObject({ server: "core-0", effect: "restart", reasons: [{ at: "trust.authorities" }] });

      const { noted, unread, target: deployed } = await note();
      expect(noted).toEqual(["edge"]);
      expect(unread).toEqual([
        expect.stringMatching(
          /^cannot read the authority of core: secret demo-core-certificate-leafnodes in eu-west-1: .*; links with edge need natsform keys authority demo core, and then another deploy$/,
        ),
      ]);
      expect(deployed.trust.authorities).toEqual({ edge: before.cert });
      expect(loadTrust(path, root)).toEqual(deployed.trust);
      expect(await withExchangedAuthorities(target(), silentHost(false))).not.toHaveProperty("trustFolder");
      expect(readFileSync(path, "utf8")).not.toContain("PRIVATE KEY");

      const written = readFileSync(path, "utf8");
      expect((await note()).noted).toEqual([]);
      expect(readFileSync(path, "utf8")).toBe(written);

      await show(after);
      expect((await note()).target.trust.authorities).toEqual({ edge: `${after.cert}${before.cert}` });
    });
  });

  test("certificates that the certificate-manager issues again are known before it does", async () => {
    const { environment } = parseEnvironment(demo);
    if (!environment) throw new Error("the environment is not right");
    const topology = buildTopology(environment);
    const { certificates } = clusterOf(topology, "core");
    const now = new Date();
    const client = new SecretsManagerClient({ region: "eu-west-1", ...config() });
    const secret = (id: string) =>
      ({ internal: "demo-core-certificate-internal", routes: "demo-core-certificate-routes" })[id];
    const [first, other] = [await createAuthority("first", year, now), await createAuthority("other", year, now)];
    const put = async (id: string, authorities: string, signer: KeyPairPem, from = now, names?: string[]) => {
      const desired = certificates.find((certificate) => certificate.id === id);
      const { cert, key } = await issueCertificate(signer, {
        names: { dns: names ?? desired?.names ?? [] },
        usages: desired?.usages ?? [],
        ttlMs: 90 * day,
        now: from,
      });
      const value = { certificate: cert, chain: "", privateKey: key, authorities };
      await client.send(new PutSecretValueCommand({ SecretId: secret(id), SecretString: JSON.stringify(value) }));
    };
    for (const { id, issuer, names } of certificates) {
      const Name = secret(id) ?? awsClusterNames("demo", "core").domainSecret(names[0] ?? "");
      if (issuer === "public" || secret(id)) await client.send(new CreateSecretCommand({ Name, SecretString: "{}" }));
    }
    const due = () =>
      dueCertificates(
        { environment, topology, emulator: { address: { url: moto.url, key: "test" } } } as DeployTarget,
        "core",
        new Date(),
      );
    expect(await due()).toEqual({ public: "none is stored", internal: "none is stored", routes: "none is stored" });
    await put("internal", first.cert, first);
    await put("routes", first.cert, first);
    expect(Object.keys(await due())).toEqual(["public"]);
    // An authority that is being introduced is trusted beside the one that signs; then it signs.
    await put("internal", `${first.cert}${other.cert}`, first);
    expect(Object.keys(await due())).toEqual(["public"]);
    await put("internal", `${other.cert}${first.cert}`, first);
    await put("routes", first.cert, first, new Date(now.getTime() - 61 * day));
    expect(await due()).toMatchObject({
      internal: "its authority is replaced",
      routes: expect.stringMatching(/^due since/),
    });
    await put("routes", first.cert, first, now, ["elsewhere.example.com"]);
    expect((await due()).routes).toMatch(/^it lacks /);
    // Deleted by somebody, on the way out or without a version: there is none, which is known.
    await client.send(new DeleteSecretCommand({ SecretId: secret("routes"), ForceDeleteWithoutRecovery: true }));
    expect((await due()).routes).toBe("none is stored");
    await client.send(new CreateSecretCommand({ Name: secret("routes") }));
    expect((await due()).routes).toBe("none is stored");
  });

  test("keeps keys below its prefix, as a folder does", async () => {
    const store = storeOf("one/keys");
    const other = storeOf("one/keys-of-others");
    await other.write("issuer", "not ours");
    expect(await store.read("issuer")).toBeUndefined();
    await store.write("issuer", "first");
    await store.write("issuer", "second");
    await store.write("user-sys", "a");
    expect(await store.read("issuer")).toBe("second");
    expect(await store.list()).toEqual(["issuer", "user-sys"]);
    await store.remove("issuer");
    await store.remove("never-was");
    expect(await store.list()).toEqual(["user-sys"]);
    // The name is free again at once: the next rotation needs it.
    await store.write("issuer", "third");
    expect(await store.read("issuer")).toBe("third");
    await expect(store.read("../one")).rejects.toThrow(/letters, digits/);
  });

  test("lists more keys than one page holds", async () => {
    const store = storeOf("many/keys");
    const names = Array.from({ length: 120 }, (_, i) => `key-${String(i).padStart(3, "0")}`);
    for (const name of names) await store.write(name, name);
    expect(await store.list()).toEqual(names);
  });

  test("pushing fills the containers that Terraform made, once, and makes none itself", async () => {
    const { environment } = parseEnvironment(demo, "demo");
    if (!environment) throw new Error("demo is not right");
    const topology = buildTopology(environment);
    const keys = new MemoryStore();
    await makeKeys(topology, keys);
    const target = storeOf("demo/keys", "existing");
    await expect(pushSecrets({ topology, trust: {} }, keys, target)).rejects.toThrow(
      /no secret demo\/keys\/callout-issuer in eu-west-1\n {2}fix: deploy demo-eu-west-1-foundation first/,
    );
    const sdk = await import("@aws-sdk/client-secrets-manager");
    const client = new sdk.SecretsManagerClient({ region: "eu-west-1", ...config() });
    const desired = [
      ...deployedSecrets(topology, {}, topology.clusters),
      ...personalSecrets(topology, {}, topology.clusters),
    ];
    for (const { name } of desired) await client.send(new sdk.CreateSecretCommand({ Name: `demo/keys/${name}` }));
    expect(await target.list()).toEqual([]);
    expect(await pushSecrets({ topology, trust: {} }, keys, target)).toEqual({ written: desired.length, unchanged: 0 });
    expect(await pushSecrets({ topology, trust: {} }, keys, target)).toEqual({ written: 0, unchanged: desired.length });
    expect(await target.read("callout-issuer")).toBe(await keys.read("issuer"));
    expect((await target.list()).sort()).toEqual(desired.map(({ name }) => name).sort());
  });
});

test.each([
  ["aws:eu-west-1/demo/keys", "Secrets Manager eu-west-1, demo/keys/"],
  ["aws:us-gov-west-1/keys", "Secrets Manager us-gov-west-1, keys/"],
])("%s is a store", (url, description) => {
  expect(openStore(url).description).toBe(description);
});

test.each(["aws:", "aws:eu-west-1", "aws:eu-west-1/", "aws:europe/demo", "aws:eu-west-1/a b"])("%s is none", (url) => {
  expect(() => openStore(url)).toThrow(/no such key store: .*\n {2}fix: known: file:FOLDER/);
});
