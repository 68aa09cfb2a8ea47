import { buildTopology } from "../../model/topology";
import { usersOf } from "../../runtime/client-testing/users";
import { toTestEnvironment } from "../../templates/test-environment";
import { changed, parsed } from "../support/lint-environment";

const environment = (more: object = {}) =>
  parsed(
    changed({
      "identity.services.users": { account: "APP", serves: ["user.get"] },
      "identity.services.shop": { account: "APP", asks: ["user.get"], publishes: ["orders.*.placed"] },
      ...more,
    }),
  );
const made = (more: object = {}, clusters = ["core"]) => toTestEnvironment(buildTopology(environment(more)), clusters);

test("both modes give the same rights, and no key of a deployment is in it", () => {
  const [inCallout, inOperator] = [made(), made({ "identity.mode": "operator" })];
  expect(inOperator).toEqual(inCallout);
  expect(JSON.stringify(inCallout)).not.toMatch(/\b[UAXO][A-Z2-7]{55}\b/);
});

test("a service publishes what it says, answers those who may ask it, and hears its own inbox alone", () => {
  const { shop, users, alice, eve } = usersOf(made(), {
    alice: { sub: "alice" },
    eve: { sub: "eve", roles: ["editor"] },
  });
  expect(shop).toMatchObject({
    account: "APP",
    inboxPrefix: "_INBOX._shop",
    permissions: { subscribe: { allow: ["_INBOX._shop.>"] } },
  });
  expect(users?.permissions).toMatchObject({ publish: { allow: expect.arrayContaining(["_INBOX._shop.>"]) } });
  expect(JSON.stringify(users)).not.toContain("orders.*.placed");
  expect(alice?.permissions).toMatchObject({ subscribe: { allow: ["user.alice.>", "_INBOX.alice.>"] } });
  expect(JSON.stringify(alice)).not.toContain("news.>");
  expect(JSON.stringify(eve)).toContain("news.>");
});

test("streams are those of the clusters that are named, of one replica, wherever they would lie", () => {
  expect(made().streams.map(({ account, stream }) => [account, stream.name, stream.replicas])).toEqual([
    ["APP", "ORDERS", 1],
  ]);
  expect(made({}, ["edge"]).streams).toEqual([]);
  expect(Object.keys(made().accounts)).toEqual(["APP", "OTHER"]);
});
