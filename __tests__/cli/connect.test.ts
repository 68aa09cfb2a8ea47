import demoTrust from "../../environments/demo.trust.json";
import type { Connection } from "../../templates/connection";
import { checkout, natsform } from "../support/cli-run";

const connect = (...args: string[]) => natsform(checkout, ["connect", ...args]);

test("of a deployment it tells what is known without asking it, and what is left to do", async () => {
  const { code, stdout } = await connect("demo", "--as", "main-api", "--deployed", "--json");
  expect(code).toBe(0);
  const connection = JSON.parse(stdout) as Connection;
  expect(connection).toMatchObject({
    of: "deployment",
    servers: ["tls://nats.demo.example.com:4222"],
    inboxPrefix: `_INBOX._${demoTrust.users["service-main-api"]}`,
    account: "APP",
    does: ["consumes ORDERS/fulfilment", "reads stream ORDERS", "may listen to user.>"],
  });
  expect(connection.todo.join("\n")).toContain("user-service-main-api");
});

test.each([
  [["demo", "--as", "main-apy", "--deployed"], "did you mean main-api?"],
  [["demo", "--deployed"], "services of demo: main-api, newsroom"],
  [["demo", "--as", "main-api", "--sub", "me", "--deployed"], "exactly one of --as SERVICE and --sub NAME"],
  [["demo", "--as", "main-api", "--lang", "pyton", "--deployed"], "did you mean python?"],
  [["demo", "--as", "main-api", "--lang", "browser", "--deployed"], "a service's seed in a page would be everybody's"],
  [["territories", "--sub", "me", "--lang", "browser", "--deployed"], "no WebSocket listener"],
  [["demo", "--sub", "me", "--cluster", "cor", "--deployed"], "did you mean core?"],
  [["demo", "--sub", "", "--deployed"], "an identity must not be empty"],
])("%j is refused: %s", async (args, said) => {
  const { code, stdout, stderr } = await connect(...args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain(said);
});
