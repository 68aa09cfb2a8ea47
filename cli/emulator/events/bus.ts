import { randomUUID } from "node:crypto";
import type { Aws } from "../aws";
import type { DeployedFunction, Functions } from "../lambda/functions";
import type { Invoker } from "../lambda/invoker";
import { type JsonObject, matches } from "./pattern";

export interface Event {
  region: string;
  account: string;
  source: string;
  detailType: string;
  resources: string[];
  detail: JsonObject;
}

interface Rule {
  Name: string;
  Arn: string;
  State?: string;
  EventPattern?: string;
  ScheduleExpression?: string;
}

interface Target {
  Arn: string;
  Input?: string;
}

/** Delivers events to the functions of deployed rules, by the rules, targets and permissions that moto holds. */
export class EventBus {
  constructor(
    private readonly aws: Aws,
    private readonly functions: Functions,
    private readonly invoker: Invoker,
    private readonly log: (line: string) => void,
  ) {}

  async publish({ region, account, source, detailType, resources, detail }: Event): Promise<void> {
    const event: JsonObject = {
      version: "0",
      id: randomUUID(),
      "detail-type": detailType,
      source,
      account,
      time: new Date().toISOString(),
      region,
      resources,
      detail,
    };
    for (const rule of await this.#rules(region)) {
      if (!rule.EventPattern || !matches(JSON.parse(rule.EventPattern) as JsonObject, event)) continue;
      await this.#deliver(region, rule, event);
    }
  }

  /** Fires every rule with a schedule once, in place of the time that would pass. */
  async runSchedules(region: string, account: string): Promise<string[]> {
    const due = (await this.#rules(region)).filter(({ ScheduleExpression }) => ScheduleExpression);
    for (const rule of due) {
      await this.#deliver(region, rule, {
        version: "0",
        id: randomUUID(),
        "detail-type": "Scheduled Event",
        source: "aws.events",
        account,
        time: new Date().toISOString(),
        region,
        resources: [rule.Arn],
        detail: {},
      });
    }
    return due.map(({ Name }) => Name);
  }

  async #rules(region: string): Promise<Rule[]> {
    const { Rules = [] } = await this.aws.json<{ Rules?: Rule[] }>(region, "events", "ListRules", {});
    return Rules.filter(({ State }) => State !== "DISABLED");
  }

  async #deliver(region: string, rule: Rule, event: JsonObject): Promise<void> {
    const { Targets = [] } = await this.aws.json<{ Targets?: Target[] }>(region, "events", "ListTargetsByRule", {
      Rule: rule.Name,
    });
    for (const target of Targets) {
      const deployed = target.Arn.includes(":lambda:") ? this.functions.find(region, target.Arn) : undefined;
      if (!deployed) this.log(`rule ${rule.Name}: nothing emulated is at ${target.Arn}`);
      else if (!(await this.#permitted(deployed, rule)))
        this.log(`rule ${rule.Name} may not invoke ${deployed.name}: the function's policy does not name it`);
      else this.invoker.accept(deployed, target.Input ?? JSON.stringify(event));
    }
  }

  /** EventBridge invokes without a role: the function's own policy has to allow the rule. */
  async #permitted({ region, name }: DeployedFunction, { Arn }: Rule): Promise<boolean> {
    const response = await this.aws.send(region, "lambda", `/2015-03-31/functions/${name}/policy`);
    if (!response.ok) return false;
    const { Policy = "{}" } = (await response.json()) as { Policy?: string };
    const { Statement = [] } = JSON.parse(Policy) as { Statement?: unknown[] };
    return Statement.some((statement) => {
      const text = JSON.stringify(statement);
      return (
        text.includes('"events.amazonaws.com"') && (!text.includes("SourceArn") || text.includes(JSON.stringify(Arn)))
      );
    });
  }
}
