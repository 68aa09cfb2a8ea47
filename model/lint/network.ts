import { platformModel } from "../topology";
import { type EnvironmentRule, pathText } from "./context";
import type { Hit } from "./rule";

/** Names and addresses that two clusters must not share. */

const publicName: EnvironmentRule = {
  id: "public-name-shared",
  severity: "error",
  title: "Two clusters have one public name",
  reason:
    "Both write the same DNS record and hold a certificate for it: clients land in either cluster, and in another one when they connect again.",
  fix: "give each cluster a domain of its own",
  check: ({ topology }) => {
    const owners = new Map<string, string>();
    return topology.clusters.flatMap(({ name, certificates }): Hit[] => {
      const served = certificates.find(({ id }) => id === "public")?.names[0];
      if (served === undefined) return [];
      const owner = owners.get(served);
      if (owner !== undefined) {
        return [
          { at: pathText("clusters", name, "platform", "domain"), message: `${served} is served by ${owner} too` },
        ];
      }
      owners.set(served, name);
      return [];
    });
  },
};

const sharedHost: EnvironmentRule = {
  id: "host-address-shared",
  severity: "error",
  title: "Two servers stand on one machine",
  reason:
    "Every server listens on the same ports, so the second does not start; and one machine lost would take two servers from the majority.",
  fix: "give each server a machine of its own",
  check: ({ topology }) => {
    const owners = new Map<string, string>();
    return topology.clusters.flatMap(({ name, platform }) =>
      platformModel(platform)
        .machines(platform)
        .flatMap((machine, i): Hit[] => {
          const owner = owners.get(machine.address);
          if (owner !== undefined) {
            const at = pathText("clusters", name, "platform", "hosts", i, "address");
            return [{ at, message: `${machine.address} is the address of ${owner} too` }];
          }
          owners.set(machine.address, `${machine.name} of cluster ${name}`);
          return [];
        }),
    );
  },
};

export const networkRules: readonly EnvironmentRule[] = [publicName, sharedHost];
