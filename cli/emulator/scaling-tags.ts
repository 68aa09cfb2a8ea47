import { type Answer, jsonAnswer } from "./proxy";
import { type AwsRequest, jsonBody } from "./request";

type Tags = Record<string, string>;

/** Tags of scalable targets: moto registers the targets, but answers every question about their tags with an error. */
export class ScalingTags {
  readonly #tags = new Map<string, Tags>();

  answer(request: AwsRequest): Answer | undefined {
    if (request.service !== "application-autoscaling") return undefined;
    const {
      ResourceARN = "",
      Tags = {},
      TagKeys = [],
    } = jsonBody<{ ResourceARN?: string; Tags?: Tags; TagKeys?: string[] }>(request);
    const tags = this.#tags.get(ResourceARN) ?? {};
    switch (request.action) {
      case "ListTagsForResource":
        return jsonAnswer(200, { Tags: tags });
      case "TagResource":
        this.#tags.set(ResourceARN, { ...tags, ...Tags });
        return jsonAnswer(200, {});
      case "UntagResource":
        this.#tags.set(ResourceARN, Object.fromEntries(Object.entries(tags).filter(([key]) => !TagKeys.includes(key))));
        return jsonAnswer(200, {});
      default:
        return undefined;
    }
  }

  /** Keeps the tags of a target that moto has registered. */
  note(request: AwsRequest, answer: Answer): void {
    if (request.action !== "RegisterScalableTarget" || answer.status >= 300) return;
    const { Tags } = jsonBody<{ Tags?: Tags }>(request);
    const { ScalableTargetARN } = JSON.parse(answer.body.toString("utf8")) as { ScalableTargetARN: string };
    if (Tags) this.#tags.set(ScalableTargetARN, Tags);
  }
}
