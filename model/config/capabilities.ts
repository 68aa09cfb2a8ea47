import type { Environment } from "./schema";

type Service = Environment["identity"]["services"][string];
type Lists = Pick<Service, "publish" | "subscribe" | "allowResponses">;

/** Each list of subjects of a direction, with its place below the service. */
const listsOf = (service: Service, direction: "publish" | "subscribe"): [path: string[], subjects: string[]][] =>
  direction === "publish"
    ? [
        [["publish", "allow"], service.publish.allow],
        [["publishes"], service.publishes],
        [["asks"], service.asks],
      ]
    : [
        [["subscribe", "allow"], service.subscribe.allow],
        [["serves"], service.serves],
      ];

/**
 * A service's lists with what it says that it does: what it publishes and asks it may publish to, what it serves it may
 * listen to and answer. What it uses of JetStream is not among them.
 */
export function effectiveLists(service: Service): Lists {
  const allowed = (direction: "publish" | "subscribe") => ({
    allow: listsOf(service, direction).flatMap(([, subjects]) => subjects),
    deny: service[direction].deny,
  });
  return {
    publish: allowed("publish"),
    subscribe: allowed("subscribe"),
    allowResponses: service.allowResponses || service.serves.length > 0,
  };
}

/** Place, below the service, of one of the subjects that `effectiveLists` allows. */
export function placeOfAllowed(
  service: Service,
  direction: "publish" | "subscribe",
  index: number,
): (string | number)[] {
  let rest = index;
  for (const [path, { length }] of listsOf(service, direction)) {
    if (rest < length) return [...path, rest];
    rest -= length;
  }
  return [direction, "allow", index];
}
