import {
  CircuitOpenError,
  type ClientError,
  DeniedError,
  InvalidMessageError,
  NoRespondersError,
  NotConnectedError,
  SchemaError,
  ServiceError,
  StalledError,
  StreamError,
  TimeoutError,
} from "../../../runtime/client/errors";
import { Resilience } from "../../../runtime/client/resilience";

const errors: Record<string, ClientError> = {
  "not-connected": new NotConnectedError("away"),
  "no-responders": new NoRespondersError("a"),
  timeout: new TimeoutError("a", 1),
  "circuit-open": new CircuitOpenError("a"),
  denied: new DeniedError("publish", "a"),
  schema: new SchemaError("a", "response", []),
  service: new ServiceError("a", 503, "unavailable"),
  stalled: new StalledError("a", 1),
  stream: new StreamError("a", "no"),
  invalid: new InvalidMessageError("no"),
};
const fast = { attempts: 3, firstPauseMs: 1, longestPauseMs: 1 };

/** How often a request that always fails so is sent. */
async function sends(resilience: Resilience, error: unknown, idempotent: boolean, retries: typeof fast | false = fast) {
  let sent = 0;
  await resilience
    .run("a", { retries, idempotent }, async () => {
      sent++;
      throw error;
    })
    .catch(() => undefined);
  return sent;
}

test("what was never sent or nobody got is sent again; what may have been handled only where that does no harm", async () => {
  const none = new Resilience(false, () => undefined);
  const counts = async (idempotent: boolean) =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(errors).map(async ([code, error]) => [code, await sends(none, error, idempotent)] as const),
      ),
    );
  const once = { "circuit-open": 1, denied: 1, schema: 1, service: 1, stalled: 1, stream: 1, invalid: 1 };
  expect(await counts(false)).toEqual({ ...once, "not-connected": 3, "no-responders": 3, timeout: 1 });
  expect(await counts(true)).toEqual({ ...once, "not-connected": 3, "no-responders": 3, timeout: 3 });
  expect(await sends(none, new Error("a defect"), true)).toBe(1);
  expect(await sends(none, errors["no-responders"], true, false)).toBe(1);
});

test("silence opens the breaker, and nothing else does", async () => {
  const opening: string[] = [];
  for (const [code, error] of Object.entries(errors)) {
    const resilience = new Resilience({ failures: 2 }, () => undefined);
    for (let i = 0; i < 2; i++) await sends(resilience, error, false, false);
    if (resilience.open().length > 0) opening.push(code);
    else expect(await sends(resilience, error, false, false)).toBe(1);
  }
  expect(opening).toEqual(["no-responders", "timeout"]);
});

test("a request that was sent three times counts once, and an open breaker sends nothing", async () => {
  const told: string[] = [];
  const resilience = new Resilience({ failures: 2 }, (pattern, state) => told.push(`${pattern} ${state}`));
  expect(await sends(resilience, errors["no-responders"], false)).toBe(3);
  expect(resilience.open()).toEqual([]);
  expect(await sends(resilience, errors["no-responders"], false)).toBe(3);
  expect([resilience.open(), told]).toEqual([["a"], ["a open"]]);
  expect(await sends(resilience, undefined, false)).toBe(0);
  const refused = resilience.run("a", { retries: false, idempotent: false }, async () => "answer");
  await expect(refused).rejects.toBeInstanceOf(CircuitOpenError);
  await expect(resilience.run("b", { retries: false, idempotent: false }, async () => "answer")).resolves.toBe(
    "answer",
  );
});

test("patterns without an end make no breakers without an end", async () => {
  const resilience = new Resilience({ failures: 1 }, () => undefined);
  for (let i = 0; i < 600; i++)
    await resilience
      .run(`a.${i}`, { retries: false, idempotent: false }, () => Promise.reject(errors.timeout))
      .catch(() => undefined);
  expect(resilience.open()).toHaveLength(500);
});
