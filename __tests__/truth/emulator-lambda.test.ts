import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  InvokeCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { codeZip, noEmulator, region, TestEmulator } from "../support/emulator-run";
import { listeningPrograms } from "../support/listeners";

const emulator = new TestEmulator();
let lambda: LambdaClient;
const run = noEmulator ? describe.skip : describe;

run(`functions on the emulated AWS${noEmulator ? `: ${noEmulator}` : ""}`, () => {
  beforeAll(async () => {
    await emulator.start();
    lambda = new LambdaClient(emulator.client);
    const document = { Version: "2012-10-17", Statement: [] };
    const body = new URLSearchParams({
      Action: "CreateRole",
      Version: "2010-05-08",
      RoleName: "functions",
      AssumeRolePolicyDocument: JSON.stringify(document),
    });
    expect((await emulator.aws.send(region, "iam", "/", { method: "POST", body })).status).toBe(200);
  });
  let sockets = "";
  afterAll(async () => {
    await emulator.remove();
    expect(existsSync(sockets)).toBe(false);
  });

  const create = (FunctionName: string, code: string, more: Partial<CreateFunctionCommandInput> = {}) =>
    lambda.send(
      new CreateFunctionCommand({
        FunctionName,
        Role: "arn:aws:iam::123456789012:role/functions",
        Runtime: "nodejs22.x",
        Handler: "index.handler",
        Timeout: 30,
        Code: { ZipFile: codeZip(code) },
        ...more,
      }),
    );
  async function invoke(FunctionName: string, event: unknown = {}) {
    const Payload = new TextEncoder().encode(JSON.stringify(event));
    const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload, LogType: "Tail" }));
    return {
      error: answer.FunctionError,
      result: JSON.parse(answer.Payload?.transformToString() ?? "null"),
      log: Buffer.from(answer.LogResult ?? "", "base64").toString("utf8"),
    };
  }

  test("whoever has not its key has nothing deployed, and moto is nowhere beside it", async () => {
    const stranger = new LambdaClient({
      ...emulator.client,
      credentials: { accessKeyId: "test", secretAccessKey: "test" },
    });
    const Code = { ZipFile: codeZip("exports.handler = async () => 1") };
    const Role = "arn:aws:iam::123456789012:role/functions";
    await expect(
      stranger.send(
        new CreateFunctionCommand({
          FunctionName: "strange",
          Role,
          Code,
          Runtime: "nodejs22.x",
          Handler: "index.handler",
        }),
      ),
    ).rejects.toMatchObject({ name: "UnrecognizedClientException", $metadata: { httpStatusCode: 403 } });
    expect((await emulator.control.state()).functions).toEqual([]);

    const { folder } = emulator;
    expect(statSync(folder.address).mode & 0o077).toBe(0);
    sockets = readlinkSync(folder.sockets);
    expect(statSync(sockets).mode & 0o077).toBe(0);
    expect(readdirSync(sockets)).toEqual(["moto"]);
    const { pid } = JSON.parse(readFileSync(folder.process, "utf8"));
    // The endpoint and DNS; pebble and its management.
    if (process.platform === "linux")
      expect(
        listeningPrograms(pid)
          .map((name) => name.split("-")[0])
          .sort(),
      ).toEqual(["node", "node", "pebble", "pebble"]);
  });

  test("the deployed code runs with the deployed variables and answers", async () => {
    const code = `exports.handler = async (event, context) => {
      console.log("hello from", context.functionName);
      return { got: event, color: process.env.COLOR, region: process.env.AWS_REGION, endpoint: process.env.AWS_ENDPOINT_URL, own: process.env.HOME };
    };`;
    await create("echo", code, { Environment: { Variables: { COLOR: "blue" } } });
    const { result, error, log } = await invoke("echo", { a: 1 });
    expect(error).toBeUndefined();
    // Nothing of the emulator's own environment reaches it.
    expect(result).toEqual({ got: { a: 1 }, color: "blue", region, endpoint: emulator.address.url });
    expect(log).toContain("hello from echo");
  });

  test("new code and new variables take the place of the old ones", async () => {
    await create("changing", `exports.handler = async () => "old " + process.env.V`, {
      Environment: { Variables: { V: "1" } },
    });
    expect((await invoke("changing")).result).toBe("old 1");
    const ZipFile = codeZip(`exports.handler = async () => "new " + process.env.V`);
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: "changing", ZipFile }));
    expect((await invoke("changing")).result).toBe("new 1");
    const Environment = { Variables: { V: "2" } };
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: "changing", Environment }));
    expect((await invoke("changing")).result).toBe("new 2");
  });

  test("what is thrown is a function error, with its type", async () => {
    await create("throws", `exports.handler = async () => { throw new RangeError("too far"); }`);
    const { error, result } = await invoke("throws");
    expect(error).toBe("Unhandled");
    expect(result).toMatchObject({ errorType: "RangeError", errorMessage: "too far" });
  });

  test("a process that ends by itself, and one that takes too long, are function errors too", async () => {
    await create("exits", `exports.handler = () => process.exit(7)`);
    expect((await invoke("exits")).result.errorMessage).toMatch(/Runtime exited with error: exit status 7/);
    await create("hangs", `exports.handler = () => new Promise(() => setInterval(() => {}, 1000))`, { Timeout: 1 });
    expect((await invoke("hangs")).result.errorMessage).toMatch(/Task timed out after 1.00 seconds/);
  });

  test("a function that is not there is refused as AWS refuses it", async () => {
    await expect(invoke("nobody")).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  });

  test("with a reserved concurrency of 1, a second invocation at the same time is refused", async () => {
    const held = join(emulator.root, "held");
    const code = `exports.handler = async ({ held }) => {
      while (require("node:fs").existsSync(held)) await new Promise((done) => setTimeout(done, 20));
      return "done";
    }`;
    await create("single", code, { Timeout: 60 });
    await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName: "single", ReservedConcurrentExecutions: 1 }));
    writeFileSync(held, "");
    const both = [invoke("single", { held }), invoke("single", { held })];
    // The one that is let in ends only when the other has been refused.
    const refused = await Promise.any(
      both.map((one) =>
        one.then(
          () => Promise.reject(new Error("not refused")),
          (error) => error,
        ),
      ),
    );
    expect(refused).toMatchObject({ name: "TooManyRequestsException" });
    rmSync(held);
    const admitted = (await Promise.allSettled(both)).flatMap((one) =>
      one.status === "fulfilled" ? [one.value.result] : [],
    );
    expect(admitted).toEqual(["done"]);
    expect((await invoke("single", { held })).result).toBe("done");
  });

  test("an asynchronous invocation is tried three times, and then its event is in the dead-letter queue", async () => {
    const { aws, control } = emulator;
    const { QueueUrl } = await aws.json<{ QueueUrl: string }>(region, "sqs", "CreateQueue", { QueueName: "dead" });
    const TargetArn = `arn:aws:sqs:${region}:123456789012:dead`;
    await create("fails", `exports.handler = async () => { throw new Error("never"); }`, {
      DeadLetterConfig: { TargetArn },
    });
    const Payload = new TextEncoder().encode(`{"precious":true}`);
    const { StatusCode } = await lambda.send(
      new InvokeCommand({ FunctionName: "fails", InvocationType: "Event", Payload }),
    );
    expect(StatusCode).toBe(202);
    await control.settled();
    const { invocations } = await control.state();
    expect(invocations.filter((record) => record.function === "fails").map(({ attempt }) => attempt)).toEqual([
      1, 2, 3,
    ]);
    const { Messages = [] } = await aws.json<{ Messages?: { Body: string }[] }>(region, "sqs", "ReceiveMessage", {
      QueueUrl,
      MessageAttributeNames: ["All"],
    });
    expect(Messages.map(({ Body }) => JSON.parse(Body))).toEqual([{ precious: true }]);
    expect(JSON.stringify(Messages)).toContain("never");
  });

  test("an event is lost where the dead-letter queue is gone, as on AWS, and everything else goes on", async () => {
    const { control } = emulator;
    const TargetArn = `arn:aws:sqs:${region}:123456789012:removed-before`;
    await create("orphaned", `exports.handler = async () => { throw new Error("never"); }`, {
      DeadLetterConfig: { TargetArn },
    });
    await lambda.send(new InvokeCommand({ FunctionName: "orphaned", InvocationType: "Event" }));
    await control.settled();
    const { invocations } = await control.state();
    expect(invocations.filter((record) => record.function === "orphaned")).toHaveLength(3);
    const text = readFileSync(join(emulator.folder.logs, "orphaned.log"), "utf8");
    expect(text).toMatch(/^the dead-letter queue .*:removed-before did not take the event: /m);
  });

  test("one that fails twice succeeds the third time, and nothing is dead", async () => {
    const { control } = emulator;
    await create("recovers", `exports.handler = async () => "well"`);
    await control.call("POST", "functions/crash", { function: "recovers", count: 2 });
    await lambda.send(new InvokeCommand({ FunctionName: "recovers", InvocationType: "Event" }));
    await control.settled();
    const { invocations } = await control.state();
    const own = invocations.filter((record) => record.function === "recovers");
    expect(own.map(({ error }) => error === undefined)).toEqual([false, false, true]);
  });
});
