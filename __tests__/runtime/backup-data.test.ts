import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { CipherError, decrypt, encrypt, FRAME_BYTES } from "../../runtime/backup/cipher";
import { parseKeys } from "../../runtime/backup/keys";
import { ManifestError, printManifest, readManifest } from "../../runtime/backup/manifest";
import { openTarget } from "../../runtime/backup/open-target";
import { S2Error, unpackBlock, unpackS2 } from "../../runtime/backup/s2";
import { loadSettings } from "../../runtime/backup/settings";
import { SnapshotIncomplete } from "../../runtime/backup/snapshot-content";
import { readSnapshotFiles } from "../../runtime/backup/snapshot-files";
import { storeAndRead } from "../../runtime/backup/store-and-read";
import { NoSuchObject, readText, writeText } from "../../runtime/backup/target";
import { folderTarget } from "../../runtime/backup/target-folder";
import { EnvironmentError } from "../../runtime/common/environment-error";
import { backupManifest, streamBackup } from "../support/backup-manifests";

async function* pieces(bytes: Uint8Array, size = bytes.length || 1): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield Buffer.from(bytes.subarray(at, at + size));
}
async function collect(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}
const newKeys = (count = 1) =>
  parseKeys(Array.from({ length: count }, () => randomBytes(32).toString("base64")).join("\n"));

describe("encryption", () => {
  const [key, other] = newKeys(2) as [ReturnType<typeof newKeys>[0], ReturnType<typeof newKeys>[0]];
  const seal = (plain: Uint8Array, size?: number) => collect(encrypt(pieces(plain, size), key, "a/data"));
  const open = (sealed: Uint8Array, size?: number, keys = [key], context = "a/data") =>
    collect(decrypt(pieces(sealed, size), keys, context));

  test("gives back every length, in whatever pieces it comes", async () => {
    const lengths = fc.constantFrom(0, 1, 100, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 3 * FRAME_BYTES, 200_001);
    const size = fc.integer({ min: 1000, max: 100_000 });
    await fc.assert(
      fc.asyncProperty(lengths, size, size, async (length, written, read) => {
        const plain = randomBytes(length);
        expect((await open(await seal(plain, written), read)).equals(plain)).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test("shows nothing of its content, and no two are alike", async () => {
    const plain = Buffer.alloc(1000, "secret");
    const [one, two] = [await seal(plain), await seal(plain)];
    expect(one.includes("secret")).toBe(false);
    expect(one.equals(two)).toBe(false);
  });

  test("notices any changed, missing, repeated or added byte", async () => {
    const plain = randomBytes(2 * FRAME_BYTES + 500);
    const sealed = await seal(plain);
    const at = fc.integer({ min: 0, max: sealed.length - 1 });
    await fc.assert(
      fc.asyncProperty(at, fc.integer({ min: 1, max: 255 }), async (index, flip) => {
        const changed = Buffer.from(sealed);
        changed[index] = (changed[index] ?? 0) ^ flip;
        await expect(open(changed)).rejects.toThrow(CipherError);
        await expect(open(sealed.subarray(0, index))).rejects.toThrow(CipherError);
        await expect(open(Buffer.concat([sealed, sealed.subarray(index)]))).rejects.toThrow(CipherError);
      }),
      { numRuns: 100 },
    );
  });

  test("notices frames that were moved, left out or taken from elsewhere", async () => {
    const header = 33;
    const frame = 4 + FRAME_BYTES + 16;
    const plain = randomBytes(4 * FRAME_BYTES);
    const parts = (sealed: Buffer) => [
      sealed.subarray(0, header),
      ...[0, 1, 2, 3].map((i) => sealed.subarray(header + i * frame, header + (i + 1) * frame)),
    ];
    const sealed = await seal(plain);
    const [head, a, b, c, d] = parts(sealed) as [Buffer, Buffer, Buffer, Buffer, Buffer];
    expect((await open(Buffer.concat([head, a, b, c, d]))).equals(plain)).toBe(true);
    const [head2, a2] = parts(await seal(plain)) as [Buffer, Buffer];
    for (const mixed of [[b, a, c, d], [a, c, d], [a, b, c], [a, a, b, c, d], [a2, b, c, d], [d], []])
      await expect(open(Buffer.concat([head, ...mixed]))).rejects.toThrow(CipherError);
    await expect(open(Buffer.concat([head2, a, b, c, d]))).rejects.toThrow(CipherError);
  });

  test("is bound to its key and to its place", async () => {
    const sealed = await seal(Buffer.from("x"));
    await expect(open(sealed, undefined, [other])).rejects.toThrow(`it needs the key ${key.id}`);
    await expect(open(sealed, undefined, [key], "b/data")).rejects.toThrow("frame 0 was changed");
    expect((await open(sealed, undefined, [other, key])).toString()).toBe("x");
    await expect(open(Buffer.from("plain text, which is longer than a header is"))).rejects.toThrow("not encrypted");
  });

  test("keys are 32 bytes, and what is wrong with one is said without showing it", () => {
    expect(newKeys(3).map(({ id }) => id)).toHaveLength(3);
    expect(parseKeys(" \n")).toEqual([]);
    for (const text of [
      "short",
      `${"A".repeat(43)}==`,
      randomBytes(31).toString("base64"),
      randomBytes(33).toString("base64"),
    ]) {
      expect(() => parseKeys(text)).toThrow("key 1 is not 32 bytes");
      expect(() => parseKeys(text)).not.toThrow(text);
    }
  });
});

describe("a manifest", () => {
  const manifest = backupManifest([streamBackup("A", 3, 30)]);
  const [key, other] = newKeys(2) as [ReturnType<typeof newKeys>[0], ReturnType<typeof newKeys>[0]];

  test.each([undefined, key])("comes back as it was written", (key) => {
    expect(readManifest(printManifest(manifest, key), key ? [other, key] : [])).toEqual(manifest);
  });

  test.each([undefined, key])("is not believed once a byte is different", (key) => {
    const text = printManifest(manifest, key);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: text.length - 2 }), fc.integer({ min: 33, max: 126 }), (at, code) => {
        const changed = text.slice(0, at) + String.fromCharCode(code) + text.slice(at + 1);
        if (changed !== text) expect(() => readManifest(changed, key ? [key] : [])).toThrow(ManifestError);
        expect(() => readManifest(text.slice(0, at), key ? [key] : [])).toThrow(ManifestError);
      }),
    );
  });

  test("is not believed without the key, or with a checksum where a key was used", () => {
    expect(() => readManifest(printManifest(manifest, key), [])).toThrow("sealed with another key");
    expect(() => readManifest(printManifest(manifest, key), [other])).toThrow("sealed with another key");
    expect(() => readManifest(printManifest(manifest), [key])).toThrow("may be forged");
  });
});

describe("S2", () => {
  const block = (size: number, ...bytes: number[]) => unpackBlock(Buffer.from([size, ...bytes]));
  const literal = (text: string) => [(text.length - 1) << 2, ...Buffer.from(text)];

  test.each([
    ["a literal", [...literal("abc")], "abc"],
    ["a copy with a short offset", [...literal("abcd"), 0b000_000_01, 4], "abcdabcd"],
    ["a copy that overlaps itself", [...literal("ab"), 0b000_100_01, 1], "abbbbbbbbb"],
    ["a copy with an offset of two bytes", [...literal("abcd"), (2 << 2) | 2, 4, 0], "abcdabc"],
    ["a copy with an offset of four bytes", [...literal("abcd"), (1 << 2) | 3, 3, 0, 0, 0], "abcdbc"],
    ["the same offset again", [...literal("abcd"), 0b000_000_01, 4, 0b000_000_01, 0], "abcdabcdabcd"],
    [
      "the same offset again, for longer",
      [...literal("ab"), 0b000_000_01, 2, 0b000_101_01, 0, 0],
      "abababababababab".slice(0, 14),
    ],
  ])("%s", (_, bytes, text) => expect(block(text.length, ...bytes).toString()).toBe(text));

  test.each([
    ["a copy from before the beginning", [4, ...literal("ab"), 0b000_000_01, 9]],
    ["a literal that is longer than the block", [1, ...literal("abc")]],
    ["a literal that is cut off", [9, 8 << 2, 1, 2]],
    ["less than was promised", [9, ...literal("abc")]],
    ["more than was promised", [5, ...literal("abcd"), 0b000_000_01, 4]],
  ])("%s is refused", (_, bytes) => expect(() => unpackBlock(Buffer.from(bytes))).toThrow(S2Error));

  test("whatever bytes come, the result is a content or a refusal", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          unpackBlock(Buffer.from([100, ...bytes]));
        } catch (error) {
          expect(error).toBeInstanceOf(S2Error);
        }
      }),
    );
  });

  test("a stream that is cut off is refused, wherever", async () => {
    const chunk = (data: Buffer) => Buffer.concat([Buffer.from([1, data.length + 4, 0, 0, 0, 0, 0, 0]), data]);
    const stream = Buffer.concat([Buffer.from("\xff\x06\x00\x00S2sTwO", "latin1"), chunk(Buffer.from("hello"))]);
    expect((await collect(unpackS2(pieces(stream, 3)))).toString()).toBe("hello");
    await expect(collect(unpackS2(pieces(stream.subarray(0, -1))))).rejects.toThrow("ends within a chunk");
  });
});

describe("the files of a snapshot", () => {
  const header = (name: string, size: number, type = "0") => {
    const block = Buffer.alloc(512);
    block.write(name, 0);
    block.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
    block.write(type, 156);
    return block;
  };
  const file = (name: string, content = "x", type?: string) =>
    Buffer.concat([
      header(name, content.length, type),
      Buffer.from(content),
      Buffer.alloc((512 - (content.length % 512)) % 512),
    ]);
  const end = Buffer.alloc(1024);
  const packed = (parts: Buffer[], size = 700) => {
    const chunks = parts.map((part) => {
      const head = Buffer.alloc(8);
      head.writeUIntLE(part.length + 4, 1, 3);
      head[0] = 1;
      return Buffer.concat([head, part]);
    });
    return readSnapshotFiles(pieces(Buffer.concat(chunks), size));
  };
  const tar = (...parts: Buffer[]) => packed(parts);
  const meta = file("meta.inf", "{}");

  test("are blocks and consumers, whatever their names are long", async () => {
    const long = `obs/${"c".repeat(150)}/meta.inf`;
    const path = `path=${long}\n`;
    const record = `${path.length + 4} ${path}`;
    const files = await tar(
      meta,
      file("msgs/1.blk"),
      file("PaxHeaders", record, "x"),
      file("x"),
      file("obs/b/meta.inf"),
      end,
    );
    expect(files).toMatchObject({ blocks: 1, consumers: [{ name: "b" }, { name: "c".repeat(150) }] });
  });

  test.each([
    [
      "an error that nats-server reported in it",
      [meta, file("errors.txt", "Could not read message block"), end],
      "Could not read",
    ],
    ["a missing description", [file("msgs/1.blk"), end], "does not describe"],
    ["a missing end", [meta, file("msgs/1.blk")], "ends within"],
    ["nothing", [], "ends within"],
  ])("%s makes it incomplete", async (_, parts, why) => {
    await expect(tar(...parts)).rejects.toThrow(SnapshotIncomplete);
    await expect(tar(...parts)).rejects.toThrow(why);
  });

  describe("of nats-server 2.15", () => {
    const number = (value: number): number[] =>
      value < 128 ? [value] : [(value % 128) | 128, ...number(Math.floor(value / 128))];
    const entry = (name: string, content = "", { sequence = 0, time = 1, header = 0 } = {}) => {
      const sizes = [header, Buffer.byteLength(content) - header];
      const numbers = [Buffer.byteLength(name), 2 * time, sequence, ...sizes].flatMap(number);
      return Buffer.concat([Buffer.from(numbers), Buffer.from(name + content)]);
    };
    const magic = Buffer.from("NATSARC1");
    const described = (consumers: number) => entry("state.json", JSON.stringify({ consumer_count: consumers }));
    const consumer = (name: string, delivered = 9) => {
      const state = { delivered: { consumer_seq: delivered, stream_seq: delivered }, ack_floor: {} };
      return entry(`consumers/${name}`, JSON.stringify({ config: {}, state }));
    };
    const message = (sequence: number, content: string) => entry("orders.new", content, { sequence, time: 1.8e18 });
    const last = entry("", "", { time: 0 });
    const whole = [
      magic,
      described(2),
      consumer("b"),
      consumer("a", 7),
      message(3, "x".repeat(300)),
      message(2 ** 40, ""),
      last,
    ];

    test.each([1, 3, 100_000])("are consumers and messages, in pieces of %s bytes", async (size) => {
      const files = await packed(whole, size);
      expect(files.consumers.map(({ name, delivered }) => [name, delivered?.stream_seq])).toEqual([
        ["a", 7],
        ["b", 9],
      ]);
      expect(files).toMatchObject({ messages: 2 });
    });

    test("are cut off wherever they end before their end", async () => {
      for (let parts = 1; parts < whole.length; parts++)
        await expect(packed(whole.slice(0, parts))).rejects.toThrow(SnapshotIncomplete);
      const cut = Buffer.concat(whole.slice(0, -1)).subarray(0, -310);
      await expect(packed([cut])).rejects.toThrow("ends within");
    });

    test.each([
      ["messages out of order", [magic, described(0), message(3, "a"), message(3, "b"), last], "3 comes after 3"],
      ["fewer consumers than there were", [magic, described(2), consumer("a"), last], "1 of 2 consumers"],
      ["no description", [magic, message(1, "a"), last], "does not describe"],
      ["a description that is none", [magic, entry("state.json", "{}"), last], "state.json is damaged"],
      ["a consumer without a state", [magic, described(1), entry("consumers/a", '{"config":{}}'), last], "is damaged"],
      ["something else", [magic, described(0), entry("more.json", "{}"), last], "more.json"],
    ])("%s makes it incomplete", async (_, parts, why) => {
      await expect(packed(parts)).rejects.toThrow(SnapshotIncomplete);
      await expect(packed(parts)).rejects.toThrow(why);
    });

    test("whatever bytes come, the result is a content or incomplete", () =>
      fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
          await packed([magic, described(0), Buffer.from(bytes)]).catch((error: unknown) =>
            expect(error).toBeInstanceOf(SnapshotIncomplete),
          );
        }),
      ));
  });
});

test("a snapshot that cannot be read is stored to its end, however long it is, and then refused", async () => {
  // Its first message comes before any description, and then follow so many that a reader cannot wait for all.
  const unpacked = [
    Buffer.from("NATSARC1\x01\0\0\0\0x", "latin1"),
    ...Array<Buffer>(100).fill(Buffer.alloc(64 * 1024)),
  ];
  async function* chunks() {
    for (const piece of unpacked) {
      const head = Buffer.alloc(8);
      head.writeUIntLE(piece.length + 4, 1, 3);
      head[0] = 1;
      yield Buffer.concat([head, piece]);
    }
  }
  let bytes = 0;
  const store = async (stored: AsyncIterable<Uint8Array>) => {
    for await (const chunk of stored) bytes += chunk.length;
    return { path: "A/data", bytes, sha256: "" };
  };
  await expect(storeAndRead(chunks(), store)).rejects.toThrow("it holds x, which is not known");
  expect(bytes).toBeGreaterThan(100 * 64 * 1024);
});

describe("a folder as target", () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "natsform-target-"));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  test("holds what was written, for its owner alone, and forgets what was removed", async () => {
    const target = folderTarget(join(root, "new"));
    expect(await target.list("a")).toEqual([]);
    await writeText(target, "a/b/data", "one");
    await writeText(target, "a/b/data", "two");
    await writeText(target, "a/c", "three");
    expect(await target.list("a")).toEqual(["a/b/data", "a/c"]);
    expect(await readText(target, "a/b/data")).toBe("two");
    expect(statSync(join(root, "new/a/b/data")).mode & 0o777).toBe(0o600);
    await target.remove("a/b/data");
    await target.remove("a/b/data");
    await expect(readText(target, "a/b/data")).rejects.toThrow(NoSuchObject);
    expect(readdirSync(join(root, "new/a"))).toEqual(["c"]);
  });

  test("holds the old content, or none, when the source fails", async () => {
    const target = folderTarget(root);
    await writeText(target, "a", "old");
    async function* failing() {
      yield Buffer.alloc(100_000);
      throw new Error("gone");
    }
    for (const path of ["a", "b"]) await expect(target.write(path, failing())).rejects.toThrow("gone");
    expect(await readText(target, "a")).toBe("old");
    expect(readdirSync(root)).toEqual(["a"]);
  });

  test("shows nothing of writers that died, and sweeps it when it is old", async () => {
    const target = folderTarget(root);
    await writeText(target, "f/a", "x");
    for (const name of ["old", "new"]) writeFileSync(join(root, `f/${name}.0123456789ab.tmp`), "half");
    utimesSync(join(root, "f/old.0123456789ab.tmp"), 1000, 1000);
    expect(await target.list("f")).toEqual(["f/a"]);
    expect(await target.sweep("f", Date.now() - 60_000)).toBe(1);
    expect(readdirSync(join(root, "f")).sort()).toEqual(["a", "new.0123456789ab.tmp"]);
  });
});

describe("the environment", () => {
  const right = {
    NATS_SERVERS: "tls://127.0.0.1:4222",
    NATS_NKEY_SEED: "SUAM",
    BACKUP_ENVIRONMENT: "e",
    BACKUP_CLUSTER: "c",
    BACKUP_ACCOUNT: "a",
    BACKUP_TO: "file:///backups/",
  };
  const key = randomBytes(32).toString("base64");

  test("that is enough", async () => {
    expect(await loadSettings("backup", right)).toMatchObject({
      keys: [],
      retentionMs: undefined,
      target: { name: "file:///backups" },
    });
    expect(await loadSettings("backup", { ...right, BACKUP_KEY: key, RESTORE_STREAMS: "A, B" })).toMatchObject({
      keys: [
        {
          id: createHash("sha256")
            .update("natsform backup key id")
            .update(Buffer.from(key, "base64"))
            .digest("hex")
            .slice(0, 16),
        },
      ],
      restore: { streams: ["A", "B"], apply: false },
    });
  });

  test.each<[string, NodeJS.ProcessEnv]>([
    ["NATS_SERVERS", { NATS_SERVERS: "nats://127.0.0.1:4222" }],
    ["NATS_NKEY_SEED", { NATS_CREDS: "x" }],
    ["BACKUP_ACCOUNT", { BACKUP_ACCOUNT: undefined }],
    ["BACKUP_RETENTION_SECONDS", { BACKUP_RETENTION_SECONDS: "30d" }],
    ["BACKUP_KEY", { BACKUP_KEY: "short" }],
    ["BACKUP_KEY", { BACKUP_KEY_FILE: "/dev/null" }],
    ["BACKUP_KEY_FILE", { BACKUP_KEY_FILE: "/nonexistent" }],
    ["RESTORE_APPLY", { RESTORE_APPLY: "true" }],
    ["RESTORE_FROM", { RESTORE_FROM: "tests" }],
    ["NATS_CA", { NATS_CA: "x", NATS_CA_FILE: "y" }],
    ["RESTORE_UNENCRYPTED", { RESTORE_UNENCRYPTED: "true" }],
  ])("%s that is wrong is named", async (name, change) => {
    await expect(loadSettings("backup", { ...right, ...change })).rejects.toThrow(EnvironmentError);
    await expect(loadSettings("backup", { ...right, ...change })).rejects.toThrow(name);
  });

  test("of what reads the target alone knows no cluster and no login", async () => {
    const { NATS_SERVERS: _, NATS_NKEY_SEED: __, ...alone } = right;
    for (const command of ["drill", "list", "prune"] as const)
      expect(await loadSettings(command, alone)).toMatchObject({
        client: undefined,
        scratch: { binary: "nats-server" },
      });
    for (const command of ["backup", "restore"] as const)
      await expect(loadSettings(command, alone)).rejects.toThrow("NATS_SERVERS");
  });

  test.each(["nats://127.0.0.1:4222", "nats://[::1]:1"])("a drill may use %s", async (url) => {
    expect(await loadSettings("drill", { ...right, DRILL_SERVERS: url })).toMatchObject({ scratch: { url } });
  });

  test.each([
    "nats://nats.nats.svc.cluster.local:4222",
    "nats://localhost:4222",
    "nats://10.0.0.1:4222",
    "nats://127.0.0.1.example.com:4222",
    "nats://127.0.0.1:4222,nats://10.0.0.1:4222",
    "nats://127.0.0.1:4222@10.0.0.1:4222",
    "tls://127.0.0.1:4222",
    "nats://127.0.0.1",
  ])("a drill never goes to %s", (url) =>
    expect(loadSettings("drill", { ...right, DRILL_SERVERS: url })).rejects.toThrow(/DRILL_SERVERS/),
  );

  test("whoever reads may wish for what was not encrypted, and whatever is written is", async () => {
    const variables = { ...right, BACKUP_KEY: key, RESTORE_UNENCRYPTED: "yes" };
    for (const command of ["drill", "list", "restore"] as const)
      expect((await loadSettings(command, variables)).keys).toEqual([]);
    expect((await loadSettings("backup", variables)).keys).toHaveLength(1);
  });

  test.each(["ftp://x", "s3://", "s3:///x", "file://relative", "file:///", "backups"])("%s is no target", (url) =>
    expect(openTarget(url)).rejects.toThrow(/is no target|names no bucket|is no folder/),
  );
});
