export { chartKeys } from "./chart-keys";
export { exporterPort } from "./exporter";
export { authorityKey } from "./mounts";
export { diskLimitMiB, resourcesOf, user } from "./pod";
export { valuesProblems } from "./problems";
export type { HelmValuesProps } from "./props";
export { type References, readChartConf } from "./read-chart-conf";
export { settingProblems } from "./settings";
export { type HelmValues, helmValues } from "./values";
