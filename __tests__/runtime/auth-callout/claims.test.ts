import { findClaim, holds } from "../../../runtime/auth-callout/claims";

test("a number that JSON cannot carry is nobody's", () => {
  const claims = { sub: JSON.parse("9007199254740993") };
  expect(holds({ claim: "sub", equals: 9007199254740992 }, claims)).toBe(false);
  expect(holds({ claim: "sub", equals: 42 }, { sub: 42 })).toBe(true);
  expect(holds({ claim: "sub", equals: "42" }, { sub: 42 })).toBe(false);
});

test("a claim is the token's own, and none that every object has", () => {
  expect(findClaim({ app: {} }, "app.constructor")).toBeUndefined();
  expect(findClaim({}, "constructor.name")).toBeUndefined();
  expect(findClaim({ app: { role: "editor" } }, "app.role")).toBe("editor");
  expect(findClaim({ "app.role": "admin", app: { role: "editor" } }, "app.role")).toBe("admin");
});

test("a word of a text is a whole one", () => {
  const includes = (scope: string) => holds({ claim: "scope", includes: "orders" }, { scope });
  expect(["read orders", "orders"].map(includes)).toEqual([true, true]);
  expect(["orders:read", "my-orders", "no_orders", "ordersX"].map(includes)).toEqual([false, false, false, false]);
});
