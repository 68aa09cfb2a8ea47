import type { EnvironmentInput } from "../../../model/config";

/** An environment on one server. */
export function onOneServer({ identity, accounts, streams = [] }: EnvironmentInput): EnvironmentInput {
  return {
    name: "attacked",
    identity,
    ...(accounts && { accounts }),
    clusters: {
      core: {
        platform: { kind: "aws-ec2", region: "eu-west-1", domain: "attacked.example.com" },
        size: 1,
        jetstream: { memory: "64MiB", file: "1GiB" },
      },
    },
    streams: streams.map((stream) => ({
      ...stream,
      ...{ cluster: "core", replicas: 1, placementTags: [], maxBytes: "16MiB" },
    })),
  };
}
