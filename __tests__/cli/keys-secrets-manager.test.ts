import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateSecretCommand, PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { writeFileAtomically } from "../../artifacts/files";
import { emulatorFolder } from "../../cli/core/emulator-folder";
import { silentHost } from "../../cli/core/host";
import { toolPath } from "../../cli/core/toolbox/find";
import { recordDeployedAuthorities } from "../../cli/deploy/exchange-authorities";
import { deployedLeafAuthority } from "../../cli/keys/leaf-authority";
import { makeKeys } from "../../cli/keys/make";
import { pushSecrets } from "../../cli/keys/push";
import { SecretsManagerStore } from "../../cli/keys/secrets-manager";
import { MemoryStore, openStore } from "../../cli/keys/store";
import demo from "../../environments/demo";
import { loadTrust, trustFile } from "../../model/config/load";
import { parseEnvironment } from "../../model/config/parse";
import { buildTopology, clusterOf, deployedSecrets, personalSecrets } from "../../model/topology";
import { createAuthority, type KeyPairPem } from "../../runtime/x509/authority";
import { type OpenMoto, startOpenMoto } from "../support/moto";

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
      const note = () => {
        const folder = emulatorFolder(root, "demo");
        const address = { url: moto.url, key: moto.key, dns: "", acmeRoot: "" };
        return recordDeployedAuthorities(
          {
            root,
            environment,
            topology,
            trust: loadTrust(path, root),
            keys: new MemoryStore(),
            out: root,
            env: { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" },
            kubernetes: new Map(),
            streamsMay: {},
            emulator: { folder, address },
          },
          silentHost(false),
        );
      };
      const show = async (pair: KeyPairPem) =>
        client().send(new PutSecretValueCommand({ SecretId: secret, SecretString: content(pair) }));
      const [before, after] = [await authorityFor(10), await authorityFor(20)];

      await show(before);
      const { noted, unread, target } = await note();
      expect(noted).toEqual(["edge"]);
      expect(unread).toEqual([
        expect.stringMatching(
          /^cannot read the authority of core: secret demo-core-certificate-leafnodes in eu-west-1: .*; links with edge need natsform keys authority demo core, and then another deploy$/,
        ),
      ]);
      expect(target.trust.authorities).toEqual({ edge: before.cert });
      expect(loadTrust(path, root)).toEqual(target.trust);
      expect(readFileSync(path, "utf8")).not.toContain("PRIVATE KEY");

      const written = readFileSync(path, "utf8");
      expect((await note()).noted).toEqual([]);
      expect(readFileSync(path, "utf8")).toBe(written);

      await show(after);
      expect((await note()).target.trust.authorities).toEqual({ edge: `${after.cert}${before.cert}` });
    });
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
