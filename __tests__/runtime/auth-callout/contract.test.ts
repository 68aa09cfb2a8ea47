import { RESPONDER_PERMISSIONS } from "../../../runtime/auth-callout/contract";

test("the responder publishes answers, asks servers who they are, and probes itself: it forges no server", () => {
  expect(RESPONDER_PERMISSIONS.publish.allow).toEqual([
    "$SYS._INBOX.>",
    "$SYS.REQ.ACCOUNT.PING.STATZ",
    expect.stringMatching(/\.AUTH\.PROBE\.>$/),
  ]);
});

test("it hears requests in the group of all responders alone: nobody else is told the credentials", () => {
  const system = RESPONDER_PERMISSIONS.subscribe.allow.filter((subject) => subject.startsWith("$SYS"));
  expect(system).toEqual(["$SYS.REQ.USER.AUTH auth-callout"]);
});
