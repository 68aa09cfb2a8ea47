import fc from "fast-check";
import {
  CONSUMER_FEATURES,
  fromConsumerConfig,
  fromStreamConfig,
  OWNER_KEY,
  STREAM_FEATURES,
  toConsumerConfig,
  toStreamConfig,
} from "../../runtime/streams/server-config";
import { consumerSettings, streamSettings } from "../../runtime/streams/stream-settings";
import { streamSpec } from "./streams-arbitraries";

test("what is written in the form of nats-server is read back the same", () => {
  fc.assert(
    fc.property(streamSpec({ name: "ORDERS" }), (spec) => {
      const settings = streamSettings(spec);
      const overTheWire = JSON.parse(JSON.stringify(toStreamConfig("ORDERS", settings, "production")));
      expect(fromStreamConfig(overTheWire)).toEqual({ settings, owner: "production", features: {} });
      for (const consumer of spec.consumers) {
        const desired = consumerSettings(consumer);
        const sent = JSON.parse(JSON.stringify(toConsumerConfig(consumer.name, desired, "production")));
        expect(fromConsumerConfig(sent)).toEqual({ settings: desired, owner: "production", features: {} });
      }
    }),
  );
});

const config = (fields: object) =>
  ({ ...toStreamConfig("ORDERS", settings, "production"), ...fields }) as Parameters<typeof fromStreamConfig>[0];
const settings = streamSettings({
  name: "ORDERS",
  subjects: ["orders.>"],
  storage: "file",
  replicas: 3,
  retention: "limits",
  maxAgeMs: 7 * 86_400_000,
  maxBytes: 0,
  maxMessages: 0,
  maxMessagesPerSubject: 0,
  maxMessageBytes: 0,
  discard: "old",
  placementTags: ["country:dk"],
  compression: "none",
  allowRollup: false,
  denyDelete: false,
  denyPurge: false,
  allowDirect: true,
  metadata: { team: "shop" },
  consumers: [],
});

test("milliseconds are nanoseconds, and no limit is -1, or 0 for the age", () => {
  expect(config({})).toMatchObject({ max_age: 604_800_000_000_000, max_bytes: -1, max_msgs: -1, max_msg_size: -1 });
  expect(config({})).toMatchObject({ placement: { tags: ["country:dk"] }, duplicate_window: 120_000_000_000 });
});

test("our stamp and the server's own metadata are not the operator's", () => {
  const metadata = { team: "shop", [OWNER_KEY]: "production", "_nats.ver": "2.14.5", "_nats.level": "4" };
  expect(fromStreamConfig(config({ metadata }))).toMatchObject({
    owner: "production",
    settings: { metadata: { team: "shop" } },
  });
  expect(fromStreamConfig(config({ metadata: undefined })).owner).toBeUndefined();
});

test("features that are off in any of the server's spellings are not features", () => {
  const off = [undefined, null, false, 0, -1, "", {}, [], "default", "none"];
  for (const value of off)
    for (const key of STREAM_FEATURES) expect(fromStreamConfig(config({ [key]: value })).features).toEqual({});
  expect(fromStreamConfig(config({ mirror: { name: "OTHER" }, sealed: true })).features).toEqual({
    mirror: { name: "OTHER" },
    sealed: true,
  });
});

test("an update clears every feature: nats.js keeps what a configuration does not name", () => {
  const stream = toStreamConfig("ORDERS", settings, "production");
  for (const key of [...STREAM_FEATURES, "description"]) expect(stream).toHaveProperty(key, undefined);
  const worker = consumerSettings({
    name: "worker",
    filterSubjects: ["orders.new"],
    ackPolicy: "none",
    deliverPolicy: "all",
    replayPolicy: "instant",
    maxDeliver: 0,
    ackWaitMs: 30_000,
    maxAckPending: 1000,
    metadata: {},
  });
  const consumer = toConsumerConfig("worker", worker, "production");
  for (const key of [...CONSUMER_FEATURES, "filter_subjects", "ack_wait", "max_ack_pending"])
    expect(consumer).toHaveProperty(key, undefined);
  expect(consumer).toMatchObject({ filter_subject: "orders.new", max_deliver: -1, num_replicas: 0 });
});
