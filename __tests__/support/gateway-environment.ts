import type { EnvironmentInput } from "../../model/config";
import { core, threeServers } from "./twin-environment";

type Gateway = NonNullable<EnvironmentInput["clusters"][string]["httpGateway"]>;
type Routes = NonNullable<Gateway["routes"]>;

/**
 * Three servers with an HTTP gateway that asks, tells, stores and hears.
 *
 * @param routes how it asks and stores, and others
 */
export function gatewayEnvironment(name: string, routes: Routes): EnvironmentInput {
  const environment = threeServers(name);
  environment.identity = {
    ...(environment.identity as Extract<typeof environment.identity, { mode: "callout" }>),
    permissions: [
      {
        account: "APP",
        publish: { allow: ["ask.>", "tell.>", "orders.{sub}.>"] },
        subscribe: { allow: ["orders.{sub}.>", "tell.>"] },
      },
    ],
  };
  environment.clusters.core = {
    ...core,
    httpGateway: {
      limits: { requestsPerSecond: 10_000 },
      routes: {
        tell: { kind: "publish", path: "/tell/{what}", subject: "tell.{what}" },
        orders: { kind: "events", path: "/orders", subject: "orders.{sub}.>", stream: "ORDERS" },
        hear: { kind: "events", path: "/tell", subject: "tell.>" },
        ...routes,
      },
    },
  };
  return environment;
}
