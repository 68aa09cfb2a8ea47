import type { PlanJson } from "../../../model/review";
import { read, resource, verdictOf } from "../../support/plan-documents";

describe("servers of a cluster", () => {
  const name = (n: number) => `aws_ecs_service.core-${n}`;
  const server = (n: number, after: object = {}, more: object = {}) =>
    resource(name(n), ["update"], {
      before: { cluster: "c", task_definition: "1" },
      after: { cluster: "c", task_definition: "2", wait_for_steady_state: true, ...after },
      ...more,
    });
  const waiting = (...waits: number[][]): Partial<PlanJson> => ({
    configuration: {
      root_module: { resources: waits.map((on, i) => ({ address: name(i), depends_on: on.map(name) })) },
    },
  });
  const found = (resources: ReturnType<typeof server>[], more: Partial<PlanJson>) =>
    read(resources, more).findings.map(({ rule, at, message, cannotTell }) => {
      expect(rule).toBe("servers-together");
      return `${at}: ${cannotTell ? "? " : ""}${message}`;
    });
  const said = (one: number, ...others: number[]) => `${name(one)}: at the same time as ${others.map(name).join(", ")}`;
  const three = [server(0), server(1), server(2)];

  test("go one after the other where each waits for the one before", () => {
    expect(found(three, waiting([], [0], [1]))).toEqual([]);
    expect(found(three, waiting([1], [2], []))).toEqual([]);
  });

  test("go together where two wait for the same one", () => {
    expect(found(three, waiting([], [0], [0]))).toEqual([said(1, 2)]);
  });

  test("go together in pairs", () => {
    const resources = [...three, server(3)];
    expect(found(resources, waiting([], [0], [], [2]))).toEqual([said(0, 2, 3), said(1, 2, 3)]);
    expect(verdictOf(resources, waiting([], [0], [], [2]))).toEqual(["block", "servers-together"]);
  });

  test("go together where Terraform does not wait until one is back", () => {
    const hasty = [server(0, { wait_for_steady_state: false }), server(1)];
    expect(found(hasty, waiting([], [0]))).toEqual([said(0, 1)]);
    expect(found([server(0, { wait_for_steady_state: undefined }), server(1)], waiting([], [0]))).toEqual([said(0, 1)]);
    // The last one need not be waited for.
    expect(found([server(0), server(1, { wait_for_steady_state: false })], waiting([], [0]))).toEqual([]);
    const unknown = { after_unknown: { wait_for_steady_state: true } };
    expect(found([server(0, { wait_for_steady_state: undefined }, unknown), server(1)], waiting([], [0]))).toEqual([
      `${name(0)}: ? whether it waits for ${name(1)}, or that one for it`,
    ]);
  });

  test("wait for what their attributes name, as for what they depend on", () => {
    const references = {
      configuration: {
        root_module: {
          resources: [
            { address: name(0) },
            { address: name(1), expressions: { tags: { references: [`${name(0)}.id`, name(0)] } } },
          ],
        },
      },
    };
    expect(found([server(0), server(1)], references)).toEqual([]);
  });

  test("of one resource with a count go together", () => {
    const counted = [0, 1].map((n) => ({ ...server(0), address: `aws_ecs_service.core[${n}]` }));
    const one = { configuration: { root_module: { resources: [{ address: "aws_ecs_service.core" }] } } };
    expect(found(counted, one)).toEqual(["aws_ecs_service.core[0]: at the same time as aws_ecs_service.core[1]"]);
  });

  test("of a module are not known to wait", () => {
    const inside = [0, 1].map((n) => ({ ...server(n), address: `module.m.${name(n)}` }));
    expect(found(inside, waiting([], [0]))).toEqual([
      `module.m.${name(0)}: ? whether it waits for module.m.${name(1)}, or that one for it`,
    ]);
  });
});
