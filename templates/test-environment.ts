import { isLandingAccount, type Topology } from "../model/topology";
import { TEST_ENVIRONMENT_FORMAT, type TestEnvironment } from "../runtime/client-testing/spec";
import { rulesOf } from "./callout-rules";
import { sharingConf } from "./nats-conf/sharing";
import { toStreamSpecs } from "./stream-specs";

/**
 * What the client library's test server needs of an environment: accounts, the callout's rules, streams. It is one server,
 * so streams have one replica wherever they would lie; of keys it needs none.
 *
 * @param clusters whose streams it has
 */
export function toTestEnvironment(topology: Topology, clusters: readonly string[]): TestEnvironment {
  const { identity, nats } = topology;
  const accounts = identity.accounts.filter(({ name }) => isLandingAccount(identity, name));
  return {
    format: TEST_ENVIRONMENT_FORMAT,
    environment: topology.environment,
    maxPayloadBytes: nats.maxPayloadBytes,
    accounts: Object.fromEntries(
      accounts.map((account) => [account.name, { jetstream: account.jetstream, ...sharingConf(account) }]),
    ) as TestEnvironment["accounts"],
    // The same grants in both modes: what differs is who signs them, and there is nobody to sign here.
    rules: rulesOf(
      { ...topology, identity: { ...identity, mode: "callout" } },
      {
        environment: topology.environment,
        users: Object.fromEntries(Object.keys(identity.services).map((name) => [`service-${name}`, name])),
        accounts: {},
      },
    ),
    streams: clusters.flatMap((cluster) =>
      accounts.flatMap(({ name }) =>
        toStreamSpecs(topology, cluster, name).map((stream) => ({
          account: name,
          stream: { ...stream, replicas: 1, placementTags: [] },
        })),
      ),
    ),
  };
}
