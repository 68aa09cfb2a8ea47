import type { Known } from "./server-config";
import type { ConsumerSettings, StreamSettings } from "./stream-settings";

/** A stream as a server describes it, with what a plan must know of its content. */
export interface FoundStream extends Known<StreamSettings> {
  readonly name: string;
  readonly messages: number;
  readonly bytes: number;
  /** Age of the oldest message by the server's clock; 0 when there is none. */
  readonly oldestMs: number;
  /** Messages of the subject that has most; an upper bound where there are too many subjects to count. */
  readonly fullestSubject: number;
  readonly consumers: readonly FoundConsumer[];
  /**
   * Consumers that the cluster lists and no server has: rarely, nats-server 2.14.5 loses one when its stream shrinks.
   */
  readonly lostConsumers: readonly string[];
}

export interface FoundConsumer extends Known<ConsumerSettings> {
  readonly name: string;
}
