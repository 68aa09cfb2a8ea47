import type { Topology } from "../topology";
import type { Door, DoorChange } from "./model";

/** Listeners that anybody but the cluster's own servers can reach. */
export const doorsOf = (topology: Topology | undefined): Door[] =>
  (topology?.clusters ?? []).flatMap((cluster) =>
    cluster.listeners
      .filter(({ exposure }) => exposure !== "peers")
      .map(({ name, port, exposure, verify, certificates }) => ({
        cluster: cluster.name,
        listener: name,
        port,
        exposure: [
          exposure,
          certificates.length === 0 ? "without TLS" : "TLS",
          ...(verify === "none" ? [] : ["certificates of clients checked"]),
        ].join(", "),
      })),
  );

/** Doors that open, close, or lead elsewhere. */
export function doorChanges(before: Topology | undefined, after: Topology | undefined): DoorChange[] {
  const [from, to] = [doorsOf(before), doorsOf(after)];
  const same = (a: Door) => (b: Door) => a.cluster === b.cluster && a.listener === b.listener;
  return [
    ...to.flatMap((door) => {
      const was = from.find(same(door));
      return was?.exposure === door.exposure ? [] : [changeOf(door, was?.exposure, door.exposure)];
    }),
    ...from.filter((door) => !to.some(same(door))).map((door) => changeOf(door, door.exposure, undefined)),
  ];
}

const changeOf = ({ cluster, listener }: Door, from: string | undefined, to: string | undefined): DoorChange => ({
  cluster,
  listener,
  ...(from !== undefined && { from }),
  ...(to !== undefined && { to }),
});
