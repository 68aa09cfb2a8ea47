import type { ReviewRule } from "../rule";

const notWhole: ReviewRule = {
  id: "servers-not-whole",
  severity: "error",
  title: "Servers are to restart while others are away, or copies are behind",
  reason: "The next server that goes may take the majority with it, or the one copy that has everything.",
  fix: "wait until every server answers and every copy is current, and review again",
  check: ({ change, live = [] }) =>
    live.flatMap(({ cluster, servers, meta, streams }) => {
      const touched = change.servers.some(
        (server) => server.cluster === cluster && ["restart", "recreate", "remove"].includes(server.effect),
      );
      if (!touched) return [];
      const away = servers.filter(({ said }) => !said).map(({ name }) => `${name} does not answer`);
      const group =
        meta === undefined || meta.current >= meta.size
          ? []
          : [
              meta.current === 0
                ? "the meta group has no leader"
                : `the meta group has ${meta.current} of ${meta.size} servers current`,
            ];
      const late = streams.flatMap(({ name, behind }) =>
        behind.map(({ server, lag }) =>
          lag === undefined ? `${server} has no copy of ${name}` : `${server} is ${lag} behind in ${name}`,
        ),
      );
      const said = [...away, ...group, ...late];
      return said.length === 0 ? [] : [{ at: `clusters.${cluster}`, message: said.join("; ") }];
    }),
};

export const liveRules: readonly ReviewRule[] = [notWhole];
