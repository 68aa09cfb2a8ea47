import { JetStreamApiError } from "@nats-io/jetstream";
import { errors } from "@nats-io/transport-node";
import { inboxPrefix, serviceInboxPrefix } from "../../../runtime/client";
import { isTemporary, ownMessageId } from "../../../runtime/client/stream-publish";

const apiError = (err_code: number) => new JetStreamApiError({ code: 500, err_code, description: "" });

test.each([
  [
    "no responders, or JetStream without a leader",
    new errors.RequestError("", { cause: new errors.NoRespondersError("a") }),
    true,
  ],
  ["no acknowledgement in time", new errors.TimeoutError(), true],
  ["JetStream temporarily unavailable", apiError(10008), true],
  ["a wrong last sequence", apiError(10071), false],
  ["a refused login", new errors.AuthorizationError("Authorization Violation"), false],
  ["a permissions violation", new errors.PermissionViolationError("no", "publish", "a"), false],
  ["a defect", new TypeError("no"), false],
])("%s: is it temporary?", (_, error, expected) => {
  expect(isTemporary(error)).toBe(expected);
});

test("the identity stands before an id, so that no two identities meet", () => {
  expect(ownMessageId(inboxPrefix("alice"), "1")).toBe("alice.1");
  expect(ownMessageId(serviceInboxPrefix("UABC"), "1")).toBe("_UABC.1");
  // An encoded identity holds no dot: where it ends is certain.
  expect(ownMessageId(inboxPrefix("a.b"), "1")).not.toBe(ownMessageId(inboxPrefix("a"), "b.1"));
  expect(ownMessageId(undefined, "1")).toBe("1");
});
