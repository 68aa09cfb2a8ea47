/**
 * Everything that the streams user may publish, in the account it works in; it subscribes to its own inbox alone.
 *
 * No purge, no restore, no reading of messages, no removal of peers. Deletion is there because orphans can be deleted.
 */
export const STREAMS_PUBLISH_PERMISSIONS = [
  "$JS.API.STREAM.NAMES",
  "$JS.API.STREAM.INFO.*",
  "$JS.API.STREAM.CREATE.*",
  "$JS.API.STREAM.UPDATE.*",
  "$JS.API.STREAM.DELETE.*",
  "$JS.API.CONSUMER.NAMES.*",
  "$JS.API.CONSUMER.INFO.*.*",
  "$JS.API.CONSUMER.CREATE.>",
  // nats.js creates consumers with several filters the old way.
  "$JS.API.CONSUMER.DURABLE.CREATE.*.*",
  "$JS.API.CONSUMER.DELETE.*.*",
] as const;
