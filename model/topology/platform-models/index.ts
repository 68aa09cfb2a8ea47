import type { Platform, PlatformKind } from "../../config";
import { ec2Model, ecsModel } from "./aws";
import { hostsModel } from "./hosts";
import { kubernetesModel } from "./kubernetes";
import type { PlatformModel, PlatformOf } from "./model";

/** One entry a platform. */
export const platformModels = {
  "aws-ecs": ecsModel,
  "aws-ec2": ec2Model,
  kubernetes: kubernetesModel,
  hosts: hostsModel,
} satisfies { [Kind in PlatformKind]: PlatformModel<PlatformOf<Kind>> };

/** The entry of a platform, for callers that take any. */
export const platformModel = <P extends Platform>({ kind }: P): PlatformModel<P> =>
  // An entry is found by the kind of the very platform that is its argument.
  platformModels[kind] as unknown as PlatformModel<P>;

/** Zone in which a cluster's servers find each other. */
export const internalDomain = (environment: string, platform: Platform): string =>
  platformModel(platform).internalDomain(environment, platform);
