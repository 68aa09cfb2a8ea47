/** The text of the chart's ConfigMap: JSON in which sizes, variables and includes lose their quotes. */
export const chartText = (conf: Record<string, unknown>): string =>
  JSON.stringify(conf, null, 2)
    .replace(/".*\$include": "(.*)",?/g, "include $1;")
    .replace(/"<<\s+(.*?)\s+>>"/g, "$1");
