import { Kvm } from "@nats-io/kv";
import { Objm } from "@nats-io/obj";
import type { NatsConnection } from "@nats-io/transport-node";
import type { LinkBucket, LinkObjects } from "./link";
import { linkBucket, linkObjects } from "./stores";

export const openBucket = async (connection: NatsConnection, name: string): Promise<LinkBucket> =>
  linkBucket(await new Kvm(connection).open(name));

export const openObjects = async (connection: NatsConnection, name: string): Promise<LinkObjects> =>
  linkObjects(await new Objm(connection).open(name));
