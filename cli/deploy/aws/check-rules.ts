import { EventBridgeClient, ListRulesCommand, ListTargetsByRuleCommand, type Rule } from "@aws-sdk/client-eventbridge";
import { awsClusterNames } from "../../../model/topology";
import { checkRow, type DeployRow } from "../../core/rows";
import { clientConfig, type DeployTarget } from "../target";
import type { CheckedCluster } from "./checked-cluster";

async function rulesOf(client: EventBridgeClient): Promise<Rule[]> {
  const rules: Rule[] = [];

  let NextToken: string | undefined;
  do {
    const page = await client.send(new ListRulesCommand({ NextToken }));
    rules.push(...(page.Rules ?? []));
    NextToken = page.NextToken;
  } while (NextToken);
  return rules;
}

/** Rules that start the cluster's functions: on events of its tasks, and on a schedule in case an event is lost. */
export async function checkRules(target: DeployTarget, { cluster, region }: CheckedCluster): Promise<DeployRow[]> {
  const client = new EventBridgeClient(clientConfig(target, region));
  const names = awsClusterNames(target.environment.name, cluster.name);
  const desired = [
    { what: "dns-sync", events: true },
    { what: "certificate-manager", events: false },
  ];
  return Promise.all(
    desired.map(({ what, events }) =>
      checkRow("rules", names.program(what), async () => {
        const reaching: Rule[] = [];
        for (const rule of await rulesOf(client)) {
          if (rule.State !== "ENABLED") continue;
          const { Targets = [] } = await client.send(new ListTargetsByRuleCommand({ Rule: rule.Name }));
          if (Targets.some(({ Arn }) => Arn?.endsWith(`:function:${names.program(what)}`))) reaching.push(rule);
        }
        const schedules = reaching.flatMap(({ ScheduleExpression }) =>
          ScheduleExpression ? [ScheduleExpression] : [],
        );
        const patterns = reaching.filter(({ EventPattern }) => EventPattern).length;
        return {
          ok: schedules.length > 0 && (!events || patterns > 0),
          seen:
            [...schedules, ...(patterns > 0 ? [`${patterns} event patterns`] : [])].join(", ") || "no rule starts it",
        };
      }),
    ),
  );
}
