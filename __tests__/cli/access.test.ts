import type { Access, Holder, Shared } from "../../cli/core/access-list";
import type { Right } from "../../model/topology";
import { reservedBy } from "../../runtime/subjects/spec";
import { checkout, natsform } from "../support/cli-run";

async function accessTo(environment: string): Promise<{ holders: Holder[]; subjects: Access[]; shared: Shared[] }> {
  const { code, stdout, stderr } = await natsform(checkout, ["access", environment, "--json"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return JSON.parse(stdout);
}

const shipped = ["demo", "aws-production", "kubernetes-production", "ec2-production", "territories"];
test.each(shipped)(
  "in %s nobody but natsform's own users reaches what belongs to servers and programs",
  async (name) => {
    const { holders, subjects } = await accessTo(name);
    const others = holders.filter((holder) => !holder.name.startsWith("user "));
    expect(others.length).toBeGreaterThan(0);
    for (const { publish, subscribe } of others)
      for (const subject of [...publish.allow, ...subscribe.allow])
        expect([subject, reservedBy(subject)]).toEqual([subject, undefined]);
    for (const { subject, publish, subscribe } of subjects) {
      const mayBeAnybody = [...publish, ...subscribe].some((who) => !who.startsWith("user "));
      expect([subject, mayBeAnybody && /^(_NATSFORM|\$JS\.API\.>)/.test(subject)]).toEqual([subject, false]);
    }
  },
);

test("it is said who comes as what, and subject by subject who may publish and listen", async () => {
  const { holders, subjects } = await accessTo("demo");
  expect(holders.map(({ name, account, doors }) => `${name}: ${account}, ${doors}`)).toEqual([
    "tokens: APP, clients, websocket",
    "tokens where roles includes editor: APP, clients, websocket",
    "service main-api: APP, clients, websocket",
    "service newsroom: APP, clients, websocket",
    "user sys: SYS, clients",
    "user observer: SYS, clients",
    "user responder: AUTH, clients",
    "user streams-APP: APP, clients",
    "user backup-APP: APP, clients",
  ]);
  const of = (subject: string) => subjects.find((one) => one.subject === subject);
  expect(of("user.{sub}.>")).toEqual({
    account: "APP",
    subject: "user.{sub}.>",
    publish: ["tokens"],
    subscribe: ["tokens"],
  });
  expect(of("inboxes of users")).toMatchObject({ publish: ["service main-api"], subscribe: [] });
  expect(of("news.>")).toMatchObject({ subscribe: ["tokens"] });
});

test("what accounts share is said, and who answers over it", async () => {
  const { shared, subjects } = await accessTo("kubernetes-production");
  expect(shared).toEqual([{ account: "APP", subject: "ask.*.>", kind: "service", by: "USERS", as: "ask.*.>" }]);
  const answers = subjects.filter(({ subject }) => subject === "answers to other accounts");
  expect(answers).toEqual([
    { account: "APP", subject: "answers to other accounts", publish: ["service desk"], subscribe: [] },
  ]);
  const { stdout } = await natsform(checkout, ["access", "kubernetes-production"]);
  expect(stdout).toMatch(
    /^between accounts\n\nACCOUNT +SUBJECT +IS +BY\nAPP +ask\.\*\.> +asked +USERS, as ask\.\*\.>$/m,
  );
});

test("on a terminal and in a pipe it is a table for each account", async () => {
  const { code, stdout } = await natsform(checkout, ["access", "territories"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^WHO +ACCOUNT +COMES AS$/m);
  expect(stdout).toMatch(/^account APP\n\nSUBJECT +MAY PUBLISH +MAY SUBSCRIBE$/m);
  expect(stdout).toMatch(/^territory\.\{territory\}\.user\.\{sub\}\.> +tokens +-$/m);
});

test("of a service it is said what it does, and of each of its rights what it is for", async () => {
  const { services } = (await accessTo("demo")) as unknown as { services: { service: string; does: string[] }[] };
  expect(services).toContainEqual({
    service: "main-api",
    does: ["consumes ORDERS/fulfilment", "reads stream ORDERS", "may listen to user.>"],
  });
  const { code, stdout } = await natsform(checkout, ["permissions", "demo", "--as", "main-api", "--json"]);
  expect(code).toBe(0);
  const rights = JSON.parse(stdout) as Right[];
  for (const { does, why } of rights) expect([does, why]).not.toContain("");
  expect(rights).toContainEqual({
    direction: "publish",
    subject: "$JS.API.CONSUMER.INFO.ORDERS.fulfilment",
    does: "consumes ORDERS/fulfilment",
    why: expect.stringContaining("after each restart"),
  });
  const { publish, subscribe } = (await accessTo("demo")).holders.find(({ name }) => name === "service main-api") ?? {};
  expect(rights).toHaveLength((publish?.allow.length ?? 0) + (subscribe?.allow.length ?? 0));
  expect(rights.filter(({ does }) => does === "answers").map(({ subject }) => subject)).toEqual(["_INBOX.*.>"]);
});

test("permissions are those of a token or of a service, and an unknown one is named with the nearest", async () => {
  expect(await natsform(checkout, ["permissions", "demo"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("exactly one of --token FILE and --as SERVICE"),
  });
  expect(await natsform(checkout, ["permissions", "demo", "--as", "main-ap"])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("did you mean main-api?"),
  });
});
