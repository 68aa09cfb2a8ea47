import { Problem } from "../../../runtime/http-gateway/problems";
import { TICKET_MS, Tickets } from "../../../runtime/http-gateway/tickets";
import { callerOf } from "../../../runtime/http-gateway/token";

let now = 1_700_000_000_000;
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const tokenOf = (claims: object) => `${part({ alg: "RS256" })}.${part(claims)}.c2lnbmF0dXJl`;
const caller = (seconds = 3600) =>
  callerOf(`Bearer ${tokenOf({ sub: "alice", iss: "https://issuer", exp: now / 1000 + seconds })}`, now);
const tickets = (secret = "seed") => new Tickets(secret, () => now);
const codeOf = (work: () => unknown) => {
  try {
    work();
    return "taken";
  } catch (error) {
    return error instanceof Problem ? error.code : String(error);
  }
};

test("a ticket is its caller's, once, in every process of the gateway", () => {
  const [one, other] = [tickets(), tickets()];
  const alice = caller();
  const ticket = one.issue(alice, "/orders");
  expect(ticket).toMatch(/^[\w-]+$/);
  expect(Buffer.from(ticket, "base64url").toString("latin1")).not.toContain(alice.token.slice(0, 20));
  expect(other.take(ticket, "/orders")).toEqual(alice);
  expect(codeOf(() => other.take(ticket, "/orders"))).toBe("ticket-refused");
  // Text that decodes to the same bytes is the same ticket.
  expect(codeOf(() => other.take(`${ticket}=`, "/orders"))).toBe("ticket-refused");
});

test("it is of one path, one gateway and thirty seconds, and no longer than its token", () => {
  const one = tickets();
  const ticket = one.issue(caller(), "/orders");
  expect(codeOf(() => one.take(ticket, "/news/eu"))).toBe("ticket-refused");
  expect(codeOf(() => tickets("another seed").take(ticket, "/orders"))).toBe("ticket-refused");
  for (const wrong of ["", "a", ticket.slice(0, -2), `A${ticket.slice(1)}`, `${ticket}AAAA`])
    expect(codeOf(() => one.take(wrong, "/orders"))).toBe("ticket-refused");
  const short = one.issue(caller(10), "/orders");
  now += 11_000;
  expect(codeOf(() => one.take(short, "/orders"))).toBe("token-refused");
  now += TICKET_MS - 11_000;
  expect(codeOf(() => one.take(ticket, "/orders"))).toBe("ticket-refused");
});

test("used ones are remembered until they end, and refused where that is too much", () => {
  const one = new Tickets("seed", () => now, 10);
  const alice = caller();
  const first = one.issue(alice, "/orders");
  one.take(first, "/orders");
  for (let i = 1; i < 10; i++) one.take(one.issue(alice, "/orders"), "/orders");
  expect(codeOf(() => one.take(one.issue(alice, "/orders"), "/orders"))).toBe("too-many-requests");
  expect(codeOf(() => one.take(first, "/orders"))).toBe("ticket-refused");
  now += TICKET_MS;
  expect(codeOf(() => one.take(one.issue(alice, "/orders"), "/orders"))).toBe("taken");
});
