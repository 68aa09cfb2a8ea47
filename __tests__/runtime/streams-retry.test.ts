import { NatsError } from "nats";
import { isTransient, NotInTime, NotYet, until } from "../../runtime/client/retry";

const api = (code: number, err_code: number) =>
  Object.assign(new NatsError("refused", String(code)), { api_error: { code, err_code, description: "refused" } });

test.each([
  ["no responders: JetStream is not up", new NatsError("503", "503"), true],
  ["no answer: no leader", new NatsError("TIMEOUT", "TIMEOUT"), true],
  ["the connection broke", new NatsError("DISCONNECT", "DISCONNECT"), true],
  ["JetStream system temporarily unavailable", api(503, 10008), true],
  ["no suitable peers: a server is restarting", api(400, 10005), true],
  ["the folder of a deleted stream is in the way", api(500, 10049), true],
  ["a consumer's group is being moved", api(500, 10119), true],
  ["a move is in progress", api(400, 10124), true],
  ["a condition that is not met yet", new NotYet("no leader"), true],
  ["an invalid configuration", api(400, 10052), false],
  ["a permissions violation", new NatsError("violation", "PERMISSIONS_VIOLATION"), false],
  ["a closed connection", new NatsError("closed", "CONNECTION_CLOSED"), false],
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
