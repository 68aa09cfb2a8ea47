import type { JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { type AuditProps, auditStream, serversOf } from "../audit/audit-stream";
import { apiRequest, names } from "../backup/api";
import { NotYet, STREAM_NOT_FOUND, STREAM_OFFLINE, unlessMissing, until } from "../client/retry";
import { manager } from "../streams/find";
import type { RollDriver } from "./driver";
import type { StreamState } from "./state";

export interface StreamsProps extends Pick<AuditProps, "bytesPerSecond" | "inboxPrefix"> {
  /** A server whose replicas are not compared. */
  without?: string;
  /** Milliseconds since the epoch until which servers are waited for. */
  deadline: number;
}

/** Every stream of every account, its replicas compared message by message: also those that natsform did not make. */
export async function lookAtStreams(driver: RollDriver, props: StreamsProps): Promise<StreamState[]> {
  const found = await driver.inAccounts(async (account, nc) => {
    const jsm = await manager(nc);
    const states: StreamState[] = [];
    for (const stream of await names(nc, "STREAM.NAMES", props.deadline)) {
      // What is deleted meanwhile is not there.
      const state = await unlessMissing(STREAM_NOT_FOUND, () => lookAt(nc, jsm, account, stream, props));
      if (state) states.push(state);
    }
    return states;
  });
  return found.flat();
}

async function lookAt(
  nc: NatsConnection,
  jsm: JetStreamManager,
  account: string,
  stream: string,
  { deadline, ...props }: StreamsProps,
): Promise<StreamState> {
  return until(`reading the stream ${account}: ${stream}`, deadline, async () => {
    const { without } = props;
    const read = () => jsm.streams.info(stream);
    const info = await (without === undefined ? read() : unlessMissing(STREAM_OFFLINE, read));
    if (!info) return onlyOn(without ?? "", account, stream);
    const { config, cluster } = info;
    const behind = (cluster?.replicas ?? []).filter(({ current, offline }) => !current || offline);
    return {
      account,
      stream,
      leader: cluster?.leader,
      servers: serversOf({ cluster }),
      behind: behind.map(({ name }) => name),
      replicas: config.num_replicas,
      storage: config.storage === "memory" ? "memory" : "file",
      audit: await auditStream(nc, jsm, stream, props),
    };
  });
}

/**
 * A stream that is offline while one server alone is left out: it is on that one. Whether in memory is not known; who is cut off is
 * mended by a restart, and nothing else.
 */
const onlyOn = (server: string, account: string, stream: string): StreamState => ({
  account,
  stream,
  servers: [server],
  behind: [server],
  storage: "file",
  replicas: 1,
  audit: { stream, verdict: "single", servers: [server] },
});

/** Has others lead what a server leads: its streams, and the meta group. Who has nobody to hand over to is left alone. */
export async function moveLeaders(driver: RollDriver, server: string, deadline: number): Promise<void> {
  await driver.inAccounts(async (_, nc) => {
    const jsm = await manager(nc);
    for (const stream of await names(nc, "STREAM.NAMES", deadline))
      await unlessMissing(STREAM_NOT_FOUND, () =>
        until(`another leader of ${stream}`, deadline, async () => {
          const { cluster } = await jsm.streams.info(stream);
          if (cluster?.leader !== server || serversOf({ cluster }).length < 2) return;
          await apiRequest(nc, `STREAM.LEADER.STEPDOWN.${stream}`);
          throw new NotYet(`${server} still leads it`);
        }),
      );
  });
  await until("another leader of the meta group", deadline, async () => {
    const { meta } = await driver.look();
    if (meta?.leader !== server || meta.followers.length === 0) return;
    await driver.inSystem((nc) => apiRequest(nc, "META.LEADER.STEPDOWN"));
    throw new NotYet(`${server} still leads it`);
  });
}
