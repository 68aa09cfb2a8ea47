import {
  type ChangePlan,
  differences,
  type ForbiddenChange,
  forbiddenChanges,
  isSame,
  keyChanges,
  narrowedGrants,
  type OtherChange,
  platformReasons,
  storedLosses,
  streamChanges,
} from "../../model/change";
import type { Trust } from "../../model/config";
import type { Topology } from "../../model/topology";
import { chartAround } from "./chart-values";
import { type Renewed, serverChanges } from "./server-changes";

/** Trust files of both sides, where they are known: with them a rotation of keys is part of the change. */
export interface ChangeTrust {
  before: Trust;
  after: Trust;
}

export interface PlanProps {
  trust?: ChangeTrust;
  /**
   * False for a twin: it runs what servers are told, and has no pods, tasks and disks that a platform's settings are about.
   *
   * @default true
   */
  onPlatform?: boolean;
  renewed?: Renewed;
}

/**
 * What a change from one topology to another does: to each server, to who is connected, to what is stored, and what no single
 * step leads to. Pure: nothing is asked, and nothing is touched.
 *
 * @param before what was applied the last time; absent: nothing yet
 */
export function planChange(
  before: Topology | undefined,
  after: Topology,
  { trust, onPlatform = true, renewed = {} }: PlanProps = {},
): ChangePlan {
  const own = { onPlatform, renewed };
  const servers = serverChanges(
    before && { topology: before, trust: trust?.before },
    { topology: after, trust: trust?.after },
    own,
  );
  const { environment } = after;
  const nothing = { ...after, streams: [] };
  const { streams, losses } = streamChanges(before ?? nothing, after);
  if (!before) return { environment, servers, streams, losses, narrowed: [], forbidden: [], others: [] };
  const keys = trust
    ? keyChanges({ topology: before, trust: trust.before }, { topology: after, trust: trust.after })
    : { others: [], narrowed: [] };
  return {
    environment,
    servers,
    streams,
    losses: [...losses, ...storedLosses(before, after, servers, onPlatform)],
    narrowed: [...narrowedGrants(before, after), ...keys.narrowed],
    forbidden: [
      ...forbiddenChanges(before, after).filter(({ at }) => onPlatform || !ofPlatform.test(at)),
      ...operatorChange(trust),
    ],
    others: [...otherChanges(before, after).filter(({ at }) => onPlatform || !ofPlatform.test(at)), ...keys.others],
  };
}

/** Places of what a twin has nothing of: it issues its certificates itself, too. */
const ofPlatform = /^clusters\.[^.]+\.(platform|tls)\./;

/** Accounts belong to who signed them: servers of another operator know none of those of before. */
function operatorChange(trust: ChangeTrust | undefined): ForbiddenChange[] {
  const [from, to] = [trust?.before.operator?.publicKey, trust?.after.operator?.publicKey];
  if (from === undefined || to === undefined || from === to) return [];
  return [
    {
      at: "trust.operator",
      message: `servers trust the operator ${from}; with ${to} they know no account of before, and none of their streams`,
      steps: "keep the operator; or make an environment with the other one, and bring the streams there from a backup",
    },
  ];
}

/** What the responders are told. */
const ofResponders = [
  ...["permissions", "services", "oidc", "links", "maxLifetimeMs", "responders", "calloutTimeoutSeconds", "accounts"],
];
/** Parts of a cluster that its servers have nothing of. */
const ofNoServer = ["backup", "foreignLeafs", "renewsByJob", "leafAddress"];

function otherChanges(before: Topology, after: Topology): OtherChange[] {
  const told = differences(before.identity, after.identity).filter((field) => ofResponders.includes(field));
  const leafs = [before, after].map(({ identity }) =>
    identity.users.filter((user) => user.certificateOf !== undefined),
  );
  const responders = [...told, ...(isSame(leafs[0], leafs[1]) ? [] : ["leafs"])].map((field) => ({
    at: `identity.${field}`,
    what: "the callout's responders are replaced",
  }));
  const ofClusters = after.clusters.flatMap((cluster): OtherChange[] => {
    const old = before.clusters.find(({ name }) => name === cluster.name);
    if (!old) return [];
    const at = (setting: string) => `clusters.${cluster.name}.${setting}`;
    return [
      ...differences(old, cluster)
        .filter((field) => ofNoServer.includes(field))
        .map((field) => ({ at: at(field), what: "it changes, and servers have nothing of it" })),
      ...[
        ...platformReasons(old, cluster).around,
        ...chartAround(old, cluster).map((key) => `chart.values.${key}`),
      ].map((setting) => ({ at: at(`platform.${setting}`), what: "it is about what surrounds the servers" })),
    ];
  });
  return [...responders, ...ofClusters];
}
