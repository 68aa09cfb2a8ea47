import fc from "fast-check";
import { idempotencyKey, KEY_PATTERN } from "../../../runtime/http-gateway/idempotency";
import { PARAMETER_PATTERN, pathPattern, Router, subjectOf } from "../../../runtime/http-gateway/paths";
import { EVENT_ID_PATTERN, placeOf } from "../../../runtime/http-gateway/sse";

/** What the document of the interface says of values is what the gateway takes. */

const takes = (read: () => unknown): boolean => {
  try {
    read();
    return true;
  } catch {
    return false;
  }
};
const near = (...characters: string[]) => fc.string({ unit: fc.constantFrom(...characters), maxLength: 8 });
const says = (pattern: string, value: string) => new RegExp(pattern, "u").test(value);

test("keys, ids of events and parameters that match their patterns are taken, and no others", () => {
  const keys = fc.oneof(
    near('"', "\\", "a", " ", "é", "\n"),
    near('"', "\\", "a", " ").map((text) => `"${text}"`),
  );
  // Spaces around a value are none of it.
  const sent = keys.map((key) => key.trim());
  fc.assert(fc.property(sent, (key) => says(KEY_PATTERN, key) === takes(() => idempotencyKey([key], "optional"))));
  const ids = fc.oneof(
    near("0", "z", "-", "A", "."),
    near("0", "9", "z").map((text) => `${text}-${text}`),
  );
  fc.assert(fc.property(ids, (id) => says(EVENT_ID_PATTERN, id) === takes(() => placeOf(id))));
  const route = { kind: "publish", name: "one", method: "POST", path: "/a/{x}", subject: "a.{x}" } as const;
  const router = new Router([{ ...route, maxBodyBytes: 0, accepts: ["text/plain"], requestHeaders: [] }]);
  const parameters = fc.oneof(near(".", "/", "%", "a", "\0", "\u0085", "é", ">"), fc.string({ unit: "grapheme" }));
  fc.assert(
    fc.property(parameters, (value) => {
      const taken = takes(() => {
        const found = router.find("POST", `/a/${encodeURIComponent(value)}`);
        if (!("route" in found)) throw new Error("not found");
        subjectOf(route.subject, found.parameters, "alice");
      });
      return says(PARAMETER_PATTERN, value) === taken;
    }),
  );
});

test("paths that match the pattern of a route lead to it", () => {
  const route = { kind: "events", name: "one", method: "GET", path: "/a.b/{x}/c", subject: "a.{x}" } as const;
  const router = new Router([route]);
  const segments = near(".", "%2E", "%41", "%7F", "%7E", "a", "-");
  fc.assert(
    fc.property(segments, (segment) => {
      const path = `/a.b/${segment}/c`;
      return !says(pathPattern(route.path), path) || takes(() => router.find("GET", path));
    }),
  );
  for (const path of ["/aXb/x/c", "/a.b/../c", "/a.b//c", "/a.b/x/c/", "/a.b/x/c?y", "/a.b/%0a/c"])
    expect(says(pathPattern(route.path), path)).toBe(false);
  expect(says(pathPattern(route.path), "/a.b/%C3x/c")).toBe(false);
});
