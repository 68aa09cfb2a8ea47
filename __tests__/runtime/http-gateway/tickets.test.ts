import { Problem } from "../../../runtime/http-gateway/problems";
import { TICKET_MS, Tickets } from "../../../runtime/http-gateway/tickets";
import { callerOf } from "../../../runtime/http-gateway/token";

let now = 1_700_000_000_000;
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const tokenOf = (claims: object) => `${part({ alg: "RS256" })}.${part(claims)}.c2lnbmF0dXJl`;
const caller = (seconds = 3600) =>
  callerOf(`Bearer ${tokenOf({ sub: "alice", iss: "https://issuer", exp: now / 1000 + seconds })}`, now);
/** Processes of one gateway, as far as they run. */
const running = new Map<string, Tickets>();
let started = 0;
function tickets(secret = "seed", most?: number): Tickets {
  const home = `process-${started++}`;
  const ask = async (of: string, id: string, until: number) => {
    const other = running.get(of);
    if (!other) throw new Error("nobody answers");
    return other.useUp(id, until);
  };
  const made = new Tickets({ secret, now: () => now, home, ask, most });
  running.set(home, made);
  return made;
}
const codeOf = async (work: () => Promise<unknown>) => {
  try {
    await work();
    return "taken";
  } catch (error) {
    return error instanceof Problem ? error.code : String(error);
  }
};

test("a ticket is its caller's, once, in every process of the gateway", async () => {
  const [one, other] = [tickets(), tickets()];
  const alice = caller();
  const ticket = one.issue(alice, "/orders");
  expect(ticket).toMatch(/^[\w-]+$/);
  expect(Buffer.from(ticket, "base64url").toString("latin1")).not.toContain(alice.token.slice(0, 20));
  expect(await other.take(ticket, "/orders")).toEqual(alice);
  for (const process of [one, other, tickets()])
    expect(await codeOf(() => process.take(ticket, "/orders"))).toBe("ticket-refused");
  // Text that decodes to the same bytes is the same ticket.
  expect(await codeOf(() => other.take(`${ticket}=`, "/orders"))).toBe("ticket-refused");
});

test("it is of one path, one gateway and thirty seconds, and no longer than its token", async () => {
  const one = tickets();
  const ticket = one.issue(caller(), "/orders");
  expect(await codeOf(() => one.take(ticket, "/news/eu"))).toBe("ticket-refused");
  expect(await codeOf(() => tickets("another seed").take(ticket, "/orders"))).toBe("ticket-refused");
  const other = `${ticket.startsWith("A") ? "B" : "A"}${ticket.slice(1)}`;
  for (const wrong of ["", "a", ticket.slice(0, -2), other, `${ticket}AAAA`])
    expect(await codeOf(() => one.take(wrong, "/orders"))).toBe("ticket-refused");
  const short = one.issue(caller(10), "/orders");
  now += 11_000;
  expect(await codeOf(() => one.take(short, "/orders"))).toBe("token-refused");
  now += TICKET_MS - 11_000;
  expect(await codeOf(() => one.take(ticket, "/orders"))).toBe("ticket-refused");
});

test("used ones are remembered until they end, and refused where that is too much", async () => {
  const one = tickets("seed", 10);
  const alice = caller();
  const first = one.issue(alice, "/orders");
  await one.take(first, "/orders");
  for (let i = 1; i < 10; i++) await one.take(one.issue(alice, "/orders"), "/orders");
  expect(await codeOf(() => one.take(one.issue(alice, "/orders"), "/orders"))).toBe("too-many-requests");
  expect(await codeOf(() => one.take(first, "/orders"))).toBe("ticket-refused");
  now += TICKET_MS;
  expect(await codeOf(() => one.take(one.issue(alice, "/orders"), "/orders"))).toBe("taken");
});

test("of many that bring one ticket at once, to whatever process, one is let in", async () => {
  const processes = [tickets(), tickets(), tickets()];
  const ticket = tickets().issue(caller(), "/orders");
  const codes = await Promise.all(
    Array.from({ length: 30 }, (_, i) => codeOf(() => (processes[i % 3] as Tickets).take(ticket, "/orders"))),
  );
  expect(codes.filter((code) => code === "taken")).toHaveLength(1);
  expect(codes.filter((code) => code === "ticket-refused")).toHaveLength(29);
});

test("tickets of a process that is gone, and remembers nothing, are refused; those of a full one are too many", async () => {
  const [one, other] = [tickets(), tickets()];
  const ticket = one.issue(caller(), "/orders");
  running.clear();
  expect(await codeOf(() => other.take(ticket, "/orders"))).toBe("ticket-refused");
  const full = tickets("seed", 1);
  await full.take(full.issue(caller(), "/orders"), "/orders");
  const next = full.issue(caller(), "/orders");
  expect(await codeOf(() => other.take(next, "/orders"))).toBe("too-many-requests");
});
