import fc from "fast-check";
import { patternOf, Router, segmentsOf, subjectOf } from "../../../runtime/http-gateway/paths";
import type { Route } from "../../../runtime/http-gateway/spec";
import { covers } from "../../../runtime/subjects/spec";
import { longRuns } from "../../support/soak";

const route = (method: Route["method"], path: string, subject: string): Route => ({
  kind: "publish",
  name: `${method} ${path}`,
  method,
  path,
  subject,
  maxBodyBytes: 0,
  accepts: ["application/json"],
  requestHeaders: [],
});
const routes = [
  route("POST", "/orders/{customer}/{order}", "orders.{customer}.{order}.placed"),
  route("PUT", "/orders/{customer}/{order}", "orders.{customer}.{order}.changed"),
  route("POST", "/mine/{order}", "orders.{sub}.{order}"),
  route("POST", "/", "root"),
];
const router = new Router(routes);

/** The subject that a request reaches, the problem's code, or the methods that its path takes. */
function reached(method: string, path: string, sub = "alice"): string | string[] {
  try {
    const found = router.find(method, path);
    return "methods" in found ? found.methods : subjectOf(found.route.subject, found.parameters, sub);
  } catch (error) {
    return (error as { code: string }).code;
  }
}

test.each([
  ["POST", "/orders/42/7", "orders.42.7.placed"],
  ["PUT", "/orders/42/7", "orders.42.7.changed"],
  ["POST", "/%6frders/42/7", "orders.42.7.placed"],
  ["POST", "/", "root"],
  ["POST", "/mine/7", "orders.auth0_7cbob.7", "auth0|bob"],
  // What would mean something in a subject is one token all the same.
  ["POST", "/orders/a%2Eb/7", "orders.a_2eb.7.placed"],
  ["POST", "/orders/a.b/7", "orders.a_2eb.7.placed"],
  ["POST", "/orders/*/7", "orders._2a.7.placed"],
  ["POST", "/orders/%3E/7", "orders._3e.7.placed"],
  ["POST", "/orders/$SYS/7", "orders._24SYS.7.placed"],
  ["POST", "/orders/a%2Fb/7", "orders.a_2fb.7.placed"],
  // Decoded once, not twice.
  ["POST", "/orders/%252e%252e/7", "orders._252e_252e.7.placed"],
  ["POST", "/orders/..%2f/7", "orders._2e_2e_2f.7.placed"],
  ["POST", "/orders/%2e%2e/7", "bad-path"],
  ["POST", "/orders/../7", "bad-path"],
  ["POST", "/orders/./7", "bad-path"],
  ["POST", "/orders/%00/7", "bad-path"],
  ["POST", "/orders/%0d%0aPUB/7", "bad-path"],
  ["POST", "/orders/%C2%85/7", "bad-path"],
  ["POST", "/orders/%ff/7", "bad-path"],
  ["POST", "/orders/%/7", "bad-path"],
  ["POST", "/orders/%ED%A0%80/7", "bad-path"],
  ["POST", `/orders/${"a".repeat(256)}/7`, "bad-path"],
  ["POST", "http://elsewhere/orders/42/7", "bad-path"],
  ["POST", "*", "bad-path"],
  ["POST", "/orders//7", "unknown-path"],
  ["POST", "/orders/42/7/", "unknown-path"],
  ["POST", "/orders/42", "unknown-path"],
  ["GET", "/orders/42/7", ["POST", "PUT"]],
])("%s %s reaches %j", (method, path, expected, sub = "alice") => {
  expect(reached(method, path, sub)).toEqual(expected);
});

/** Text of a path's segment, raw and encoded, with what is special to HTTP, URLs and NATS. */
const segment = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 8 }).map(encodeURIComponent),
  fc.string({ unit: fc.constantFrom(..."abz09._~%*>$-"), maxLength: 8 }),
  fc
    .array(fc.constantFrom("%2e", "%2E", ".", "*", ">", "%3E", "%00", "%0d%0a", "%2f", "%252e", "%C0%AE", "$JS", "é"), {
      maxLength: 3,
    })
    .map((parts) => parts.join("")),
);

test("a path reaches a subject of its route's pattern, with as many tokens, or none", () => {
  const counts = { reached: 0, refused: 0 };
  fc.assert(
    fc.property(segment, segment, fc.string({ minLength: 1, maxLength: 40 }), (customer, order, sub) => {
      for (const [method, path] of [
        ["POST", `/orders/${customer}/${order}`],
        ["POST", `/mine/${order}`],
      ] as const) {
        const subject = reached(method, path, sub);
        if (typeof subject !== "string" || /^(bad|unknown)-path$/.test(subject)) {
          counts.refused++;
          continue;
        }
        counts.reached++;
        const isMine = path.startsWith("/mine");
        const pattern = patternOf(isMine ? "orders.{sub}.{order}" : "orders.{customer}.{order}.placed");
        const isRight =
          covers(pattern, subject) &&
          /^[A-Za-z0-9_.-]+$/.test(subject) &&
          subject.split(".").length === pattern.split(".").length;
        // Not by `expect`, which takes longer than all the rest.
        if (!isRight) throw new Error(`${path} reaches ${subject}`);
      }
    }),
    longRuns("paths of the HTTP gateway", 50_000, 1_000_000),
  );
  // Twice as many paths as runs; neither side is left out.
  expect(counts.reached + counts.refused).toBeGreaterThanOrEqual(100_000);
  expect(Math.min(counts.reached, counts.refused)).toBeGreaterThan(5000);
});

test("other parameters are other subjects", () => {
  fc.assert(
    fc.property(segment, segment, segment, segment, (a, b, c, d) => {
      const [one, other] = [reached("POST", `/orders/${a}/${b}`), reached("POST", `/orders/${c}/${d}`)];
      if (one !== other || one === "bad-path" || one === "unknown-path") return;
      expect(segmentsOf(`/${a}/${b}`)).toEqual(segmentsOf(`/${c}/${d}`));
    }),
    longRuns("paths that differ", 2000, 50_000),
  );
});
