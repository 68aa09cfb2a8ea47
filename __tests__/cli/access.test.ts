import type { Access, Holder, Shared } from "../../cli/core/access-list";
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
