import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EnvironmentError } from "../../runtime/common/environment-error";
import { loadSettings } from "../../runtime/streams/settings";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "natsform-load-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const streams = JSON.stringify([{ name: "ORDERS", subjects: ["orders.>"] }]);
const env = {
  NATS_SERVERS: "tls://nats.example.com:4222",
  NATS_NKEY_SEED: "SUA",
  STREAMS: streams,
  OWNER: "production",
};
const problems = (variables: NodeJS.ProcessEnv) => {
  try {
    loadSettings(variables);
    return "";
  } catch (error) {
    expect(error).toBeInstanceOf(EnvironmentError);
    return (error as Error).message;
  }
};

test("the environment says who, where and what; everything else has a default", () => {
  expect(loadSettings(env)).toMatchObject({
    client: { servers: env.NATS_SERVERS, authentication: { kind: "nkey", seed: "SUA" } },
    run: {
      desired: [{ name: "ORDERS", replicas: 1 }],
      owner: "production",
      allowDataLoss: [],
      allowRecreate: [],
      timeoutMs: 300_000,
      syncIntervalMs: 1000,
    },
    logLevel: "info",
  });
});

test("authorities of the servers are given as PEM where there are no files, as in a container on ECS", () => {
  const pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
  expect(loadSettings({ ...env, NATS_CA: pem }).client).toMatchObject({ ca: pem, caFile: undefined });
  expect(loadSettings({ ...env, NATS_CA_FILE: "/ca.pem" }).client).toMatchObject({ ca: undefined, caFile: "/ca.pem" });
});

test("seeds, creds and streams may stand in files", () => {
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const { NATS_NKEY_SEED: _, STREAMS: __, ...rest } = env;
  const fromFiles = {
    ...rest,
    NATS_CREDS_FILE: file("user.creds", "creds"),
    STREAMS_FILE: file("streams.json", streams),
  };
  expect(loadSettings(fromFiles)).toMatchObject({
    client: { authentication: { kind: "creds", creds: "creds" } },
    run: { desired: [{ name: "ORDERS" }] },
  });
  const seed = loadSettings({ ...rest, STREAMS: streams, NATS_NKEY_SEED_FILE: file("user.nk", "SUA\n") });
  expect(seed.client.authentication).toEqual({ kind: "nkey", seed: "SUA" });
});

test("permissions are lists of names", () => {
  const { run } = loadSettings({
    ...env,
    STREAMS_ALLOW_DATA_LOSS: "ORDERS, ORDERS/worker,",
    STREAMS_ALLOW_RECREATE: "BILLS",
  });
  expect(run).toMatchObject({ allowDataLoss: ["ORDERS", "ORDERS/worker"], allowRecreate: ["BILLS"] });
});

test("every problem of the environment is reported at once", () => {
  const text = problems({
    NATS_SERVERS: "nats://nats.example.com",
    STREAMS: "[]",
    STREAMS_FILE: "/x",
    STREAMS_TIMEOUT_SECONDS: "soon",
  });
  expect(text).toContain("would connect in clear");
  expect(text).toContain("at OWNER");
  expect(text).toContain("exactly one of NATS_NKEY_SEED, NATS_NKEY_SEED_FILE, NATS_CREDS, NATS_CREDS_FILE");
  expect(text).toContain("exactly one of STREAMS, STREAMS_FILE");
  expect(text).toContain("whole number of seconds");
});

test("streams that are no JSON, or no streams, are told apart", () => {
  expect(problems({ ...env, STREAMS: "[" })).toContain("STREAMS: not JSON");
  expect(problems({ ...env, STREAMS: '[{"name":"orders"}]' })).toContain("UPPER_SNAKE");
  expect(problems({ ...env, NATS_NKEY_SEED: undefined, NATS_NKEY_SEED_FILE: "/missing" })).toContain(
    "NATS_NKEY_SEED_FILE",
  );
});
