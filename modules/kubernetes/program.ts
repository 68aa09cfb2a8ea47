import { programImage } from "../../model/topology";
import { programTag } from "../terraform/image-tag";
import type { KubernetesContext } from "./context";
import { environment, resources, restrictedContainer, restrictedPod } from "./pod";

/** Image of one of natsform's own programs: of the tag that is named, or of the code in the project. */
const imageOf = ({ cluster, settings }: KubernetesContext, program: string): string =>
  programImage(cluster.platform, program, cluster.platform.images.tag ?? programTag(settings, program));

export interface ProgramContainerProps {
  /** Request for CPU; request and limit of memory. */
  cpu: string;
  memory: string;
  /** Those without a value are left out. */
  variables: Record<string, string | undefined>;
  volumeMount: { name: string; mountPath: string; readOnly?: boolean }[];
}

/** The container of one of natsform's own programs. */
export const programContainer = (context: KubernetesContext, name: string, props: ProgramContainerProps) => ({
  name,
  image: imageOf(context, name),
  securityContext: restrictedContainer,
  resources: resources(context, props.cpu, props.memory),
  env: environment(props.variables),
  volumeMount: props.volumeMount,
});

/**
 * Settings of every pod of a program: no rights, no Kubernetes token, and no variables of Services that it does not
 * use.
 */
export const programPod = {
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  securityContext: restrictedPod,
};

/** The same of a Job: a run that failed is another pod. */
export const jobPod = { ...programPod, restartPolicy: "Never" };
