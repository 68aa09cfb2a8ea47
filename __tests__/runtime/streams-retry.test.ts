import { JetStreamApiError } from "@nats-io/jetstream";
import { errors } from "@nats-io/transport-node";
import { isTransient, NotInTime, NotYet, until } from "../../runtime/client/retry";

const api = (code: number, err_code: number) => new JetStreamApiError({ code, err_code, description: "refused" });

/** As nats.js hands on what a request of JetStream ended with. */
const requested = (cause: Error) => new Error("jetstream is not enabled", { cause });

test.each([
  [
    "no responders: JetStream is not up",
    requested(new errors.RequestError("", { cause: new errors.NoRespondersError("$JS.API.X") })),
    true,
  ],
  ["no answer: no leader", new errors.TimeoutError(), true],
  ["the connection broke", new errors.RequestError("connection disconnected"), true],
  [
    "it was closed while the answer was on its way",
    new errors.RequestError("", { cause: new errors.RequestError("connection closed") }),
    true,
  ],
  ["JetStream is not enabled, or not yet", requested(api(503, 10039)), true],
  ["JetStream system temporarily unavailable", api(503, 10008), true],
  ["no suitable peers: a server is restarting", api(400, 10005), true],
  ["the folder of a deleted stream is in the way", api(500, 10049), true],
  ["a consumer's group is being moved", api(500, 10119), true],
  ["a move is in progress", api(400, 10124), true],
  ["a condition that is not met yet", new NotYet("no leader"), true],
  ["an invalid configuration", api(400, 10052), false],
  ["a permissions violation", new errors.PermissionViolationError("violation", "publish", "a"), false],
  ["a closed connection", new errors.ClosedConnectionError(), false],
  ["anything else", new Error("a bug"), false],
])("%s", (_, error, transient) => {
  expect(isTransient(error)).toBe(transient);
});

test("an attempt is repeated until it succeeds, and says why it waits", async () => {
  let attempts = 0;
  const why: string[] = [];
  const attempt = async () => {
    if (++attempts < 3) throw new NotYet(`attempt ${attempts}`);
    return "done";
  };
  await expect(until("it", Date.now() + 10_000, attempt, (reason) => why.push(reason))).resolves.toBe("done");
  expect(why).toEqual(["attempt 1", "attempt 2"]);
});

test("after the deadline the last reason is told", async () => {
  const never = until("all replicas of ORDERS", Date.now(), () => Promise.reject(new NotYet("behind: s1")));
  await expect(never).rejects.toThrow(NotInTime);
  await expect(never).rejects.toThrow("not in time: all replicas of ORDERS (behind: s1)");
});

test("what will not pass is thrown at once", async () => {
  let attempts = 0;
  const attempt = () => Promise.reject(new Error(`attempt ${++attempts}`));
  await expect(until("it", Date.now() + 10_000, attempt)).rejects.toThrow("attempt 1");
});
