import { MemoryStore } from "../../../cli/keys/store";
import { clusterOf } from "../../../model/topology";
import { platformSite } from "../../../templates/nats-conf";
import { platforms, richTopology } from "../../support/same-server";

test.each(Object.entries(platforms))(
  "on %s, routes and hubs are dialled over TLS, by names that certificates carry",
  async (_, platform) => {
    const { topology, cluster } = await richTopology("callout", platform, new MemoryStore());
    const { routes, hubs } = platformSite(topology, cluster);
    const named = (id: string, of = cluster) =>
      of.certificates.find((certificate) => certificate.id === id)?.names ?? [];
    const hub = clusterOf(topology, "hub");
    for (const [urls, names] of [
      [routes, named("routes")],
      [hubs.hub ?? [], named("leafnodes", hub)],
    ] as const) {
      expect(urls.length).toBeGreaterThan(0);
      for (const url of urls)
        expect([url, url.startsWith("tls://"), names]).toEqual([
          url,
          true,
          expect.arrayContaining([new URL(url).hostname]),
        ]);
    }
  },
);
