import { type RuleGroup, toDashboard } from "../../templates/kubernetes-monitoring";

/** Every expression of the dashboard, as Prometheus gets it once Grafana has put in the variables. */
export function dashboardExpressions(): string[] {
  const dashboard = toDashboard({ environment: "test", cluster: "nats", namespace: "nats" }) as {
    panels: { targets: { expr: string }[] }[];
  };
  const variables: Record<string, string> = { namespace: "nats", cluster: "nats" };
  return dashboard.panels.flatMap(({ targets }) =>
    targets.map(({ expr }) => expr.replace(/\$(\w+)/g, (_, name) => variables[name] ?? `no variable ${name}`)),
  );
}

export const ruleExpressions = (groups: readonly RuleGroup[]): string[] =>
  groups.flatMap(({ rules }) => rules.map(({ expr }) => expr));

/** Metrics that an expression asks for: each stands before its labels. */
export const metricsOf = (expression: string): string[] =>
  [...expression.matchAll(/([a-zA-Z_:][\w:]*)\{/g)].map((match) => match[1] ?? "");

/** Names of labels that it goes by: those of braces and of groupings. */
export function labelsOf(expression: string): string[] {
  const matched = [...expression.matchAll(/(\w+)(?==~?"|!=")/g)].map((match) => match[1] ?? "");
  const grouped = [...expression.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap((match) => (match[1] ?? "").split(", "));
  return [...new Set([...matched, ...grouped])];
}
