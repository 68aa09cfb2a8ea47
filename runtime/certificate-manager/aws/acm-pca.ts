import { type AwsJson, type AwsJsonProps, connectAwsJson } from "../../common/aws-json";

/** Calls an action of ACM PCA with its input, and gives its output. */
export type Pca = AwsJson;

/**
 * ACM PCA in its JSON protocol. AWS's own client of it would be three actions out of 136 packages.
 * https://docs.aws.amazon.com/privateca/latest/APIReference/
 */
export const connectPca = (props: AwsJsonProps): Pca => connectAwsJson("acm-pca", "ACMPrivateCA", props);
