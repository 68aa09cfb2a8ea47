import { isOnKubernetes } from "../topology";
import { type EnvironmentRule, pathText } from "./context";

/** The pod with NATS's command line in it. */

const administrator: EnvironmentRule = {
  id: "nats-box-administrator",
  severity: "warning",
  title: "A pod of nats-box holds the administrator's key",
  reason:
    "Whoever may exec into pods of the namespace, or read its Secrets, reads the key of sys: every account's connections, a stop of each server, a change of every account. Kubernetes' log of it names no user of NATS.",
  fix: "name users of accounts, give people who administer their own key, or acknowledge it where few may exec",
  check: ({ topology }) =>
    topology.clusters.filter(isOnKubernetes).flatMap(({ name, platform }) =>
      (platform.natsBox?.users ?? []).flatMap((user, i) =>
        user === "sys"
          ? [
              {
                at: pathText("clusters", name, "platform", "natsBox", "users", i),
                message: `nats-box of cluster ${name} is ${user}`,
              },
            ]
          : [],
      ),
    ),
};

export const natsBoxRules: readonly EnvironmentRule[] = [administrator];
