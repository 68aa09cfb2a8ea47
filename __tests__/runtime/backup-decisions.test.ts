import fc from "fast-check";
import { shrinkAlarms } from "../../runtime/backup/alarms";
import { backupTime, newBackupId } from "../../runtime/backup/backup-id";
import { nextWindow } from "../../runtime/backup/content";
import { consumersOf, isMemory } from "../../runtime/backup/holes";
import { printEmbedded, printMetrics } from "../../runtime/backup/metrics";
import { planRestore } from "../../runtime/backup/restore-plan";
import { DEAD_AFTER_MS, type Kept, toPrune } from "../../runtime/backup/retention";
import { backupManifest, scope, streamBackup } from "../support/backup-manifests";

const DAY_MS = 24 * 3600 * 1000;

describe("ids", () => {
  test("say when a backup began, and sort by it", () => {
    const date = fc.date({ min: new Date("2020-01-01"), max: new Date("2200-01-01"), noInvalidDate: true });
    fc.assert(
      fc.property(date, date, (one, other) => {
        const [a, b] = [newBackupId(one), newBackupId(other)];
        expect(backupTime(a)).toBe(one.getTime());
        if (one.getTime() !== other.getTime()) expect(a < b).toBe(one < other);
      }),
    );
  });

  test.each(["", "latest", "20261121T020000000Z", "20261321T020000000Z-abcdef", "../20261121T020000000Z-abcdef"])(
    "%p is none",
    (name) => expect(backupTime(name)).toBeUndefined(),
  );
});

describe("retention", () => {
  const now = Date.parse("2026-11-21T02:00:00Z");
  const id = (days: number) => newBackupId(new Date(now - days * DAY_MS));
  const good = (days: number): Kept => ({ id: id(days), finished: true, good: true });
  const bad = (days: number): Kept => ({ id: id(days), finished: true, good: false });
  const dead = (days: number): Kept => ({ id: id(days), finished: false, good: false });
  const prune = (kept: Kept[], days: number) => toPrune(kept, now, days * DAY_MS);

  test("removes what is older, oldest first, and nothing else", () => {
    const kept = [good(0), good(3), good(8), good(20)];
    expect(prune(kept, 7)).toEqual([kept[3]?.id, kept[2]?.id]);
    expect(prune(kept, 0)).toEqual([]);
  });

  test("keeps the newest good one however old it is, and what has failed since", () => {
    const kept = [bad(40), good(39), good(35), bad(34), bad(33)];
    expect(prune(kept, 7)).toEqual([kept[0]?.id, kept[1]?.id]);
    expect(prune([bad(40), bad(30)], 7)).toEqual([]);
  });

  test("removes what a dead run left, never what a run may still be writing", () => {
    const kept = [dead(0), dead(1), dead(3)];
    expect(prune(kept, 1)).toEqual([kept[2]?.id]);
    expect(prune([...kept, good(0)], 0)).toEqual([kept[2]?.id]);
  });

  test("leaves names alone that are not ours", () => {
    expect(prune([{ id: "precious", finished: false, good: false }, good(1)], 1)).toEqual([]);
  });

  test("whatever is there: a good backup stays good, and nothing within the retention goes", () => {
    const folder = fc.record({ days: fc.integer({ min: 0, max: 400 }), finished: fc.boolean(), good: fc.boolean() });
    fc.assert(
      fc.property(fc.array(folder, { maxLength: 20 }), fc.integer({ min: 0, max: 90 }), (folders, days) => {
        const kept = folders.map(({ days, ...rest }) => ({ id: id(days), ...rest }));
        const removed = prune(kept, days);
        const isGood = (one: Kept) => one.good && one.finished;
        const stays = kept.filter(({ id }) => !removed.includes(id));
        expect(stays.some(isGood)).toBe(kept.some(isGood));
        const newest = kept
          .filter(isGood)
          .map(({ id }) => id)
          .sort()
          .at(-1);
        if (newest) expect(removed).not.toContain(newest);
        for (const gone of removed) {
          const age = now - (backupTime(gone) ?? now);
          const { finished } = kept.find(({ id }) => id === gone) ?? {};
          expect(age).toBeGreaterThan(finished ? days * DAY_MS : DEAD_AFTER_MS);
          if (finished) expect(days).toBeGreaterThan(0);
        }
      }),
    );
  });
});

describe("alarms", () => {
  const before = backupManifest([streamBackup("A", 100, 1000), streamBackup("B", 10, 500)]);
  const alarms = (...streams: ReturnType<typeof streamBackup>[]) =>
    shrinkAlarms(before, backupManifest(streams)).map(({ kind, stream }) => [kind, stream]);

  test.each([
    ["nothing has changed", [streamBackup("A", 100, 1000), streamBackup("B", 10, 500)], []],
    ["one is missing", [streamBackup("B", 10, 500)], [["missing", "A"]]],
    ["one is empty", [streamBackup("A", 0, 0), streamBackup("B", 10, 500)], [["empty", "A"]]],
    ["one has 50 % less", [streamBackup("A", 100, 500), streamBackup("B", 10, 500)], []],
    ["one has more than 50 % less", [streamBackup("A", 100, 499), streamBackup("B", 10, 500)], [["shrunk", "A"]]],
    ["one is new", [streamBackup("A", 100, 1000), streamBackup("B", 10, 500), streamBackup("C", 0, 0)], []],
  ])("%s", (_, streams, expected) => expect(alarms(...streams)).toEqual(expected));

  test("the first backup has nothing to be compared with, and what was empty may stay so", () => {
    expect(shrinkAlarms(undefined, before)).toEqual([]);
    const empty = backupManifest([streamBackup("A", 0, 0)]);
    expect(shrinkAlarms(empty, empty)).toEqual([]);
  });
});

describe("holes", () => {
  test("are consumers that the snapshot does not hold", () => {
    const sequences = { consumer_seq: 5, stream_seq: 7 };
    const consumer = (name: string) => ({ name, config: { name }, delivered: sequences, ack_floor: sequences });
    const { consumers, holes } = consumersOf(
      "S",
      [consumer("a"), consumer("b")],
      [{ name: "a" }, { name: "deleted meanwhile" }],
    );
    expect(consumers.map(({ name, inSnapshot }) => [name, inSnapshot])).toEqual([
      ["a", true],
      ["b", false],
    ]);
    expect(holes).toMatchObject([{ kind: "consumer-left-out", stream: "S", consumer: "b" }]);
    expect(consumers[1]?.ackFloor).toEqual(sequences);
  });

  test("are consumers that the snapshot set back, but not those that went on meanwhile", () => {
    const at = (sequence: number) => ({ consumer_seq: sequence, stream_seq: sequence });
    const consumer = (name: string) => ({ name, config: { name }, delivered: at(7), ack_floor: at(5) });
    const described = ["back", "same", "on"].map(consumer);
    const written = [
      { name: "back", delivered: at(5) },
      { name: "same", delivered: at(7) },
      { name: "on", delivered: at(9) },
    ];
    const { consumers, holes } = consumersOf("S", described, written);
    expect(consumers.every(({ inSnapshot }) => inSnapshot)).toBe(true);
    expect(holes).toMatchObject([{ kind: "consumer-set-back", stream: "S", consumer: "back" }]);
  });

  test("are memory streams", () => {
    expect([isMemory({ storage: "memory" }), isMemory({ storage: "file" }), isMemory({})]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe("a restore's plan", () => {
  const manifest = backupManifest([streamBackup("A", 3, 30), streamBackup("B", 3, 30, { num_replicas: 3 })]);
  const base = { manifest, into: scope, existing: [], natsCluster: "test", streams: [], replace: [] };
  const kinds = (request: Partial<Parameters<typeof planRestore>[0]>) =>
    planRestore({ ...base, ...request }).map(({ stream, kind }) => `${kind} ${stream}`);

  test("a stream that holds less than the backup, up to an earlier message, may be what a killed restore left", () => {
    const [{ name: stream, state } = streamBackup("A", 3, 30)] = base.manifest.streams;
    const reason = (messages: number, last_seq: number) =>
      planRestore({
        ...base,
        streams: [stream],
        existing: [stream],
        states: new Map([[stream, { messages, last_seq }]]),
      })[0]?.reason;
    expect(reason(state.messages - 1, state.last_seq - 1)).toContain(`nats stream rm ${stream}`);
    expect(reason(state.messages, state.last_seq)).not.toContain("killed");
    expect(reason(state.messages - 1, state.last_seq + 5)).not.toContain("killed");
  });

  test.each([
    ["all of the backup", {}, ["restore A", "restore B"]],
    ["what was named, once", { streams: ["B", "B"] }, ["restore B"]],
    ["what exists", { existing: ["A", "C"] }, ["refused A", "restore B"]],
    ["what may be replaced", { existing: ["A", "B"], replace: ["A"] }, ["replace A", "refused B"]],
    ["what is free although it may be replaced", { replace: ["A"] }, ["restore A", "restore B"]],
    ["a misspelt name to replace", { replace: ["a"] }, ["restore A", "restore B", "refused a"]],
    ["what is not in the backup", { streams: ["C"] }, ["refused C"]],
    ["replicas on one server", { natsCluster: undefined, from: "tests/test/APP" }, ["restore A", "refused B"]],
    ["servers that are others", { natsCluster: "production" }, ["refused A", "refused B"]],
    ["one server that is another", { natsCluster: undefined }, ["refused A", "refused B"]],
    [
      "other servers that were allowed",
      { natsCluster: "production", from: "tests/test/APP" },
      ["restore A", "restore B"],
    ],
    ["another environment", { into: { ...scope, environment: "x" } }, ["refused A", "refused B"]],
    [
      "another one that was allowed",
      { into: { ...scope, environment: "x" }, from: "tests/test/APP" },
      ["restore A", "restore B"],
    ],
    [
      "another one than was allowed",
      { into: { ...scope, environment: "x" }, from: "tests/test/SYS" },
      ["refused A", "refused B"],
    ],
  ])("%s", (_, request, expected) => expect(kinds(request)).toEqual(expected));

  test("never overwrites what was not named", () => {
    const names = fc.subarray(["A", "B", "C", "D"]);
    fc.assert(
      fc.property(names, names, names, fc.constantFrom("APP", "OTHER"), (existing, streams, replace, account) => {
        const steps = planRestore({ ...base, existing, streams, replace, into: { ...scope, account } });
        for (const { stream, kind } of steps) {
          if (kind === "restore") expect(existing).not.toContain(stream);
          if (kind === "replace") expect(replace).toContain(stream);
          if (kind !== "refused") expect(account).toBe("APP");
          if (kind !== "refused" && streams.length > 0) expect(streams).toContain(stream);
        }
      }),
    );
  });
});

describe("the window of messages that are read at a time", () => {
  const MiB = 2 ** 20;
  const rounds = (window: number, bytesEach: number, count: number) =>
    Array.from({ length: count }).reduce<number[]>(
      (seen) => [
        ...seen,
        nextWindow(seen.at(-1) ?? window, seen.at(-1) ?? window, (seen.at(-1) ?? window) * bytesEach),
      ],
      [],
    );

  test("grows while messages are small, and shrinks to what large ones allow", () => {
    expect(rounds(2, 100, 8)).toEqual([4, 8, 16, 32, 64, 128, 256, 256]);
    expect(rounds(256, MiB, 2)).toEqual([16, 16]);
    expect(rounds(16, 11 * MiB, 2)).toEqual([1, 1]);
  });

  test("brings no more than 16 MiB as long as messages are alike, and is never empty", () => {
    const size = fc.integer({ min: 1, max: 64 * MiB });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 256 }), size, (window, each) => {
        const next = nextWindow(window, window, window * each);
        expect(next).toBeGreaterThanOrEqual(1);
        expect(next).toBeLessThanOrEqual(256);
        if (next > 1) expect(next * each).toBeLessThanOrEqual(16 * MiB);
      }),
    );
  });
});

describe("metrics", () => {
  const manifest = backupManifest([streamBackup("A", 3, 30)]);
  const lines = async (...args: Parameters<typeof printMetrics>) =>
    (await printMetrics(...args)).split("\n").filter((line) => line && !line.startsWith("#"));
  const labels = '{environment="tests",cluster="test",account="APP"}';

  test("of a backup", async () => {
    const result = {
      command: "backup",
      scope,
      ok: true,
      seconds: 2,
      newest: manifest,
      backup: { manifest, alarms: [] },
    } as const;
    expect(await lines(result)).toEqual([
      `natsform_backup_last_run_ok${labels} 1`,
      `natsform_backup_last_run_duration_seconds${labels} 2`,
      `natsform_backup_last_success_timestamp_seconds${labels} ${Date.parse("2026-11-21T02:00:00Z") / 1000}`,
      `natsform_backup_bytes${labels} 30`,
      `natsform_backup_streams${labels} 1`,
      `natsform_backup_messages${labels} 3`,
      `natsform_backup_holes${labels} 0`,
      `natsform_backup_shrink_alarms${labels} 0`,
    ]);
  });

  test("of a run that failed before anything was there", async () => {
    expect(await lines({ command: "backup", scope, ok: false, seconds: 1 })).toEqual([
      `natsform_backup_last_run_ok${labels} 0`,
      `natsform_backup_last_run_duration_seconds${labels} 1`,
    ]);
  });

  test("of a backup, as CloudWatch reads them", () => {
    const result = { command: "backup", scope, ok: true, seconds: 2, newest: manifest } as const;
    const printed = JSON.parse(printEmbedded(result, "natsform/backup", 1000));
    expect(printed).toMatchObject({ Backup: "tests/test/APP", natsform_backup_last_run_ok: 1 });
    expect(printed._aws).toMatchObject({
      Timestamp: 1000,
      CloudWatchMetrics: [{ Namespace: "natsform/backup", Dimensions: [["Backup"]] }],
    });
    const named = printed._aws.CloudWatchMetrics[0].Metrics.map(({ Name }: { Name: string }) => Name);
    expect(named).toContain("natsform_backup_last_success_timestamp_seconds");
    expect(Object.keys(printed)).toEqual(expect.arrayContaining(named));
  });

  test("of a drill", async () => {
    const verdicts = [{ stream: "A", result: "different", what: "" }] as const;
    expect(await lines({ command: "drill", scope, ok: false, seconds: 1, drill: { manifest, verdicts } })).toContain(
      `natsform_backup_drill_failed_streams${labels} 1`,
    );
  });
});
