import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { JetStreamApiError } from "@nats-io/jetstream";
import { errors } from "@nats-io/transport-node";
import { readIfThere, writeFileAtomically } from "../../../artifacts/files";
import { circumstanceOf } from "../../../cli/core/circumstances";
import { NotConnectedError } from "../../../runtime/client/errors";
import { NotInTime } from "../../../runtime/client/retry";

const root = mkdtempSync(join(tmpdir(), "natsform-circumstances-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const thrownBy = (work: () => unknown) => {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("it threw nothing");
};
const said = (error: unknown) => {
  const found = circumstanceOf(error);
  return found && [found.reason, found.fix];
};

test("a path in the way is named, whatever is done with it", () => {
  const [file, folder, loop] = [join(root, "file"), join(root, "folder"), join(root, "loop")];
  writeFileSync(file, "");
  mkdirSync(join(folder, "below"), { recursive: true });
  symlinkSync(loop, loop);
  const moved = "move it away, then run the same command again";
  expect(said(thrownBy(() => readIfThere(folder)))).toEqual([`${folder} is a folder, and should be a file`, moved]);
  expect(said(thrownBy(() => writeFileAtomically(folder, "text")))?.[0]).toContain(folder);
  expect(said(thrownBy(() => writeFileAtomically(join(file, "below", "x"), "text")))?.[0]).toContain(file);
  expect(said(thrownBy(() => readFileSync(loop)))).toEqual([`${loop} is a link that leads to itself`, "remove it"]);
});

test("a full disk is named with the file that was to be written", () => {
  // Root may write everywhere but here.
  const error = thrownBy(() => writeFileSync("/dev/full", "text"));
  expect(said(Object.assign(error as Error, { path: join(root, "key") }))).toEqual([
    `${join(root, "key")} cannot be written: no space is left on its disk`,
    "make room, then run the same command again",
  ]);
});

test.each(["EROFS", "EACCES", "EPERM", "EDQUOT", "EIO", "EMFILE", "ENOENT"])("%s says what to do", (code) => {
  const error = Object.assign(new Error(code), { code, syscall: "open", path: "/somewhere" });
  const [reason, fix] = said(error) ?? [];
  expect(reason).toMatch(/^\/somewhere (is|may|cannot)/);
  expect(fix).toBeTruthy();
});

test("a program that cannot be started is named", () => {
  expect(said(spawnSync(join(root, "none")).error)?.[0]).toBe(
    `${join(root, "none")} cannot be started: there is no such program`,
  );
});

test("an address that nobody listens at is named", async () => {
  const error = await new Promise((resolve) => connect({ host: "127.0.0.1", port: 1 }).once("error", resolve));
  expect(said(error)?.[0]).toBe("127.0.0.1:1: nothing listens there");
  const fetched: unknown = await fetch("http://127.0.0.1:9/x").catch((error: unknown) => error);
  expect(said(fetched)?.[0]).toMatch(/^(127\.0\.0\.1:9: nothing listens there|a server cannot be reached)/);
});

test.each([
  ["nobody answers", new errors.TimeoutError()],
  ["a login is refused", new errors.AuthorizationError("Authorization Violation")],
  ["JetStream refuses", new JetStreamApiError({ code: 400, err_code: 10052, description: "invalid" })],
  ["JetStream is away", new Error("jetstream is not enabled", { cause: new errors.NoRespondersError("$JS.API.X") })],
  ["nothing could be reached", new NotConnectedError("no answer within 5000 ms")],
])("that %s is no defect of natsform", (_, error) => {
  expect(said(error)).toEqual([error.message, "natsform status says what runs; then try again"]);
});

test("servers that are not ready in time are no defect of natsform", () => {
  expect(said(new NotInTime("JetStream", new Error("503")))?.[0]).toBe("not in time: JetStream (503)");
});

test("a defect stays one", () => {
  expect([new TypeError("x is not a function"), new Error("no key"), "text", undefined].map(circumstanceOf)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
