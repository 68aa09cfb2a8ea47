import { createHash, X509Certificate } from "node:crypto";
import fs, { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TwinFolder, twinFolder } from "../../cli/core/twin-folder";
import { readPair } from "../../cli/twin/authorities";
import { advanceAuthorities, dueCertificates, ensureCertificates } from "../../cli/twin/certificates";
import demo from "../../environments/demo";
import { Environment } from "../../model/config";
import { buildTopology, type CertificateId } from "../../model/topology";
import { readPem } from "../../runtime/x509/pem";

/*
 * Servers load what is in the files one after another. At no moment one of them may present a certificate that another one does
 * not trust, wherever an `up` is cut off.
 */

const topology = buildTopology(Environment.parse(demo));
const now = new Date();
let root: string;
let folder: TwinFolder;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "natsform-authorities-"));
  folder = twinFolder(root, "demo");
  await ensureCertificates(topology, folder, now);
});
afterEach(() => {
  jest.restoreAllMocks();
  rmSync(root, { recursive: true });
});

const authority = () => folder.authority("routes", "core");
const read = (path: string) => readFileSync(path, "utf8");

/** Three servers with what each has loaded; `load` has them load the files one after another, and looks at every pair. */
class Servers {
  readonly #loaded = [0, 1, 2].map(() => this.#files());
  seen = 0;

  #files() {
    const { cert } = folder.certificate("core", "routes" as CertificateId);
    return { cert: read(cert), trusted: read(folder.trusted("routes", "core")) };
  }

  load(): void {
    for (const i of this.#loaded.keys()) {
      this.#loaded[i] = this.#files();
      for (const one of this.#loaded) for (const other of this.#loaded) this.#meet(one.cert, other.trusted);
    }
  }

  #meet(cert: string, trusted: string): void {
    this.seen++;
    const certificate = new X509Certificate(cert);
    const known = readPem(trusted).some((signer) => certificate.verify(signer.publicKey));
    if (!known) throw new Error("a server presents a certificate that another one does not trust");
  }
}

/** What `up` does of it. */
async function up(servers: Servers, at = now): Promise<string[]> {
  await ensureCertificates(topology, folder, at);
  servers.load();
  const steps: string[] = [];
  for (;;) {
    const taken = await advanceAuthorities(topology, folder, at);
    if (taken.length === 0) return steps;
    steps.push(...taken);
    servers.load();
  }
}

test("an authority that is fine signs on, and nothing is made", async () => {
  const before = read(authority().cert);
  expect(await ensureCertificates(topology, folder, now)).toEqual([]);
  expect(await up(new Servers())).toEqual([]);
  expect(read(authority().cert)).toBe(before);
});

test.each([
  ["whose key is lost", () => rmSync(authority().key), now],
  ["with a third of its life left", () => undefined, new Date(now.getTime() + 2500 * 86_400_000)],
])("one %s is replaced in steps, each known before", async (_, spoil, at) => {
  const before = read(authority().cert);
  if (at === now) spoil();
  else rmSync(folder.certificate("core", "public").cert);
  const servers = new Servers();
  expect(dueCertificates(topology, folder, at).core?.routes).toBe("its authority is replaced");
  const steps = await up(servers, at);
  expect(steps.filter((step) => step.startsWith("routes"))).toEqual(["routes signs", "routes retired"]);
  expect(servers.seen).toBeGreaterThan(50);
  const after = readPair(authority());
  expect(after?.cert).not.toBe(before);
  // One alone is left, and it has signed what is there.
  expect(read(authority().cert)).toBe(after?.cert);
  expect(existsSync(authority().next.key)).toBe(false);
  expect(await up(servers, at)).toEqual([]);
});

test("wherever it is cut off, the next run goes on, and ends with one authority", async () => {
  const write = fs.renameSync;
  const ends = new Set<string>();
  let cut = 0;
  for (let moment = 1; moment < 40; moment++) {
    rmSync(authority().key, { force: true });
    const before = read(authority().cert);
    const servers = new Servers();
    let writes = 0;
    const spy = jest.spyOn(fs, "renameSync").mockImplementation((from, to) => {
      if (++writes === moment) throw new Error("cut off");
      write(from, to);
    });
    const done = await up(servers).then(
      () => true,
      (error: Error) => {
        if (error.message !== "cut off") throw error;
        return false;
      },
    );
    spy.mockRestore();
    await up(servers);
    expect(read(authority().cert)).not.toContain(before.trim());
    expect(readPem(read(authority().cert))).toHaveLength(1);
    expect(dueCertificates(topology, folder, now).core).toEqual({});
    ends.add(createHash("sha256").update(read(authority().cert)).digest("hex"));
    if (done) break;
    cut++;
  }
  expect(cut).toBeGreaterThanOrEqual(8);
  expect(ends.size).toBe(cut + 1);
});
