import type { Service } from "@aws-sdk/client-ecs";
import { UserError } from "../../cli/core/project";
import { isRolledOut } from "../../cli/deploy/aws/responders-first";
import {
  type DeployedResponders,
  isStarted,
  type RespondersStep,
  respondersStep,
} from "../../cli/deploy/rotation-step";
import demo from "../../environments/demo";
import { Environment, type Trust } from "../../model/config";
import { buildTopology, calloutKeys } from "../../model/topology";

const topology = buildTopology(Environment.parse(demo));
const trustOf = (round: number, previous?: number): Trust => ({
  environment: "demo",
  example: false,
  accounts: {},
  users: { responder: `U${round}` },
  issuer: `A${round}`,
  xkey: `X${round}`,
  ...(previous !== undefined && {
    previous: { issuer: `A${previous}`, xkey: `X${previous}`, "user-responder": `U${previous}` },
  }),
});
const keysOf = (round: number, previous?: number) => calloutKeys(topology, trustOf(round, previous), "core");
const running = (keys: string | undefined, change: Partial<DeployedResponders> = {}): DeployedResponders => ({
  keys,
  done: true,
  available: 2,
  ...change,
});

describe("what is done about responders before servers", () => {
  test.each<[string, DeployedResponders | undefined, Trust, RespondersStep]>([
    ["there are none yet", undefined, trustOf(1), "nothing"],
    ["all of them are told", running(keysOf(1)), trustOf(1), "nothing"],
    ["a rotation began", running(keysOf(1)), trustOf(2, 1), "start"],
    ["a rotation began, and was deployed to some", running(keysOf(2, 1), { done: false }), trustOf(2, 1), "restart"],
    ["a rotation was deployed", running(keysOf(2, 1)), trustOf(2, 1), "nothing"],
    ["a rotation was finished after it was deployed", running(keysOf(2, 1)), trustOf(2), "start"],
    ["a rotation was finished before it was deployed", running(keysOf(1)), trustOf(2), "finished-before"],
    ["one was, and another one began", running(keysOf(1)), trustOf(3, 2), "finished-before"],
    ["none answers", running(keysOf(1), { available: 0 }), trustOf(2, 1), "nothing"],
    ["none answers, told and stuck", running(keysOf(1), { done: false, available: 0 }), trustOf(1), "nothing"],
    ["a version of before, and no rotation", running(undefined), trustOf(1), "nothing"],
    ["a version of before, and a rotation that is open", running(undefined), trustOf(2, 1), "refuse"],
    ["a version of before that does not answer", running(undefined, { available: 0 }), trustOf(2, 1), "nothing"],
  ])("%s", (_, found, trust, step) => {
    expect(respondersStep(found, topology, trust, "core")).toBe(step);
  });

  test.each<[RespondersStep, boolean, number]>([
    ["nothing", false, 0],
    ["finished-before", false, 1],
    ["start", true, 1],
    ["restart", true, 1],
  ])("%s: started %s, told in %d lines", (step, started, lines) => {
    const said: string[] = [];
    expect(isStarted(step, "auth-callout", "demo-core-programs", (line) => said.push(line))).toBe(started);
    expect(said).toHaveLength(lines);
  });

  test("a refusal names the stack that leads out", () => {
    const refused = () => isStarted("refuse", "auth-callout", "demo-core-programs", () => undefined);
    expect(refused).toThrow(UserError);
    expect(refused).toThrow("no server was changed");
    expect(refused).toThrow(/apply in cdktf\.out\/stacks\/demo-core-programs /);
  });
});

describe("a service on ECS that was asked for other tasks", () => {
  const service = (id: string, rolloutState: "COMPLETED" | "IN_PROGRESS" | "FAILED"): Service => ({
    deployments: [
      { id: "other", status: "ACTIVE", rolloutState: "COMPLETED" },
      { id, status: "PRIMARY", rolloutState },
    ],
  });
  const asked = service("asked", "IN_PROGRESS");
  test.each<[string, Service | undefined, boolean]>([
    ["runs them", service("asked", "COMPLETED"), true],
    ["still starts them", service("asked", "IN_PROGRESS"), false],
    ["has failed to", service("asked", "FAILED"), false],
    ["is rolled back", service("before", "COMPLETED"), false],
    ["has no deployment", { deployments: [] }, false],
    ["is gone", undefined, false],
  ])("%s", (_, now, rolledOut) => {
    expect(isRolledOut(asked, now)).toBe(rolledOut);
  });
});
