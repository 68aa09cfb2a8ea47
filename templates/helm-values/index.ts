export { chartKeys } from "./chart-keys";
export { exporterPort } from "./exporter";
export { authorityKey } from "./mounts";
export { resourcesOf, user } from "./pod";
export { valuesProblems } from "./problems";
export {
  type HelmValues,
  type HelmValuesProps,
  helmValues,
  isOnKubernetes,
  type KubernetesCluster,
  type KubernetesPlatform,
} from "./values";
