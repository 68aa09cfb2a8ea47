import fc from "fast-check";
import { IDLE_MS, Pool, type Pooled } from "../../../runtime/http-gateway/pool";
import { Problem } from "../../../runtime/http-gateway/problems";
import type { Caller } from "../../../runtime/http-gateway/token";
import { longRuns } from "../../support/soak";

/** A connection that records for whom it was opened, and that it was closed. */
class Recorded implements Pooled {
  isClosed = false;
  retire: () => void = () => undefined;
  constructor(readonly token: string) {}
  onRetired(retired: () => void) {
    this.retire = retired;
  }
  async close() {
    this.isClosed = true;
  }
}

const caller = (token: string, sub = token, expires = 1e12): Caller => ({
  token,
  key: `#${token}`,
  sub,
  issuer: "i",
  expires,
});
const turn = () => new Promise((resolve) => setImmediate(resolve));

function world(bounds = { connections: 3, connectionsPerUser: 2 }) {
  const state = { now: 0, opened: [] as Recorded[], refuse: new Set<string>() };
  const pool = new Pool<Recorded>({
    ...bounds,
    now: () => state.now,
    async open({ token }) {
      await Promise.resolve();
      if (state.refuse.has(token)) throw new Problem("token-refused");
      const connection = new Recorded(token);
      state.opened.push(connection);
      return connection;
    },
  });
  const use = (who: Caller) => pool.use(who, async ({ token }) => token);
  return { state, pool, use };
}
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "ok",
    (error: Problem) => error.code,
  );

test("two tokens of one user have two connections, and one token one", async () => {
  const { state, use } = world();
  expect(
    await Promise.all([use(caller("editor", "alice")), use(caller("plain", "alice")), use(caller("plain", "alice"))]),
  ).toEqual(["editor", "plain", "plain"]);
  expect(state.opened.map(({ token }) => token)).toEqual(["editor", "plain"]);
});

test("a connection ends with its token, whoever uses it", async () => {
  const { state, pool, use } = world();
  const hanging = pool.use(caller("a", "a", 1000), async (connection) => {
    await turn();
    return connection.isClosed;
  });
  await turn();
  state.now = 1000;
  pool.sweep();
  await turn();
  expect(state.opened[0]?.isClosed).toBe(true);
  await hanging;
  expect(await codeOf(use(caller("a", "a", 1000)))).toBe("token-refused");
});

test("an idle one goes after a while, and a retired one when its last request has ended", async () => {
  const { state, pool, use } = world();
  await use(caller("idle"));
  let finish = () => {};
  const work = pool.use(
    caller("busy"),
    () =>
      new Promise<void>((resolve) => {
        finish = resolve;
      }),
  );
  await turn();
  const busy = state.opened[1];
  busy?.retire();
  expect(pool.count).toBe(1);
  expect(busy?.isClosed).toBe(false);
  expect(await use(caller("busy"))).toBe("busy");
  expect(state.opened.length).toBe(3);
  finish();
  await work;
  await turn();
  expect(busy?.isClosed).toBe(true);
  state.now = IDLE_MS;
  pool.sweep();
  await turn();
  expect(pool.count).toBe(0);
  expect(state.opened.every(({ isClosed }) => isClosed)).toBe(true);
});

test("a refused token is not asked about again for a while", async () => {
  const { state, use } = world();
  state.refuse.add("bad");
  expect(await codeOf(use(caller("bad")))).toBe("token-refused");
  state.refuse.clear();
  expect(await codeOf(use(caller("bad")))).toBe("token-refused");
  state.now = 5000;
  expect(await codeOf(use(caller("bad")))).toBe("ok");
});

test("where all are in use the next is told to come later, by user first", async () => {
  const { pool, use } = world();
  const ends: (() => void)[] = [];
  const hold = (who: Caller) => pool.use(who, () => new Promise<void>((resolve) => ends.push(resolve)));
  const held = [hold(caller("a1", "a")), hold(caller("a2", "a"))];
  await turn();
  expect(await codeOf(use(caller("a3", "a")))).toBe("too-many-requests");
  held.push(hold(caller("b1", "b")));
  await turn();
  expect(await codeOf(use(caller("c1", "c")))).toBe("too-many-requests");
  for (const end of ends) end();
  await Promise.all(held);
  expect(await codeOf(use(caller("c1", "c")))).toBe("ok");
  expect(pool.count).toBe(3);
});

test("at most sixteen log in at once", async () => {
  let open = 0;
  let most = 0;
  const waiting: (() => void)[] = [];
  const pool = new Pool<Recorded>({
    connections: 100,
    connectionsPerUser: 100,
    now: () => 0,
    async open({ token }) {
      most = Math.max(most, ++open);
      await new Promise<void>((resolve) => waiting.push(resolve));
      open--;
      return new Recorded(token);
    },
  });
  const all = Array.from({ length: 60 }, (_, i) => pool.use(caller(`t${i}`), async ({ token }) => token));
  for (let done = 0; done < 60; ) {
    await turn();
    for (const next of waiting.splice(0)) {
      next();
      done++;
    }
  }
  expect(new Set(await Promise.all(all)).size).toBe(60);
  expect(most).toBe(16);
});

test("20,000 tokens leave no more connections than the bound", async () => {
  const { state, pool, use } = world({ connections: 500, connectionsPerUser: 8 });
  for (let i = 0; i < 20_000; i++) await use(caller(`t${i}`, `u${i % 3000}`));
  await turn();
  expect(pool.count).toBe(500);
  expect(state.opened.filter(({ isClosed }) => !isClosed).length).toBe(500);
});

test("whatever happens, a request is made over its own token's connection and the bounds hold", async () => {
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant("use" as const), token: fc.nat(9), user: fc.nat(2) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant("retire" as const), at: fc.nat(20) }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.constantFrom(100, 5000, IDLE_MS) }),
    },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { state, pool, use } = world();
      for (const one of steps) {
        if (one.kind === "use") {
          const who = caller(`${one.user}-${one.token}`, `u${one.user}`, 200_000);
          const got = await use(who).catch((error: Problem) => error.code);
          expect([who.token, "token-refused"]).toContain(got);
        } else if (one.kind === "retire") state.opened[one.at]?.retire();
        else {
          state.now += one.ms;
          pool.sweep();
        }
        await turn();
        const open = state.opened.filter(({ isClosed }) => !isClosed);
        expect(open.length).toBe(pool.count);
        expect(pool.count).toBeLessThanOrEqual(3);
      }
    }),
    longRuns("connections of the HTTP gateway", 200, 20_000),
  );
});
