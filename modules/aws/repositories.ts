import { EcrLifecyclePolicy } from "@cdktf/provider-aws/lib/ecr-lifecycle-policy";
import { EcrRepository } from "@cdktf/provider-aws/lib/ecr-repository";
import { Construct } from "constructs";
import { json } from "../terraform/json";

export interface RepositoryProps {
  name: string;
  kmsKeyArn: string;
  deletionProtection: boolean;
}

/** The repository of one image. A tag is never moved: it names the contents. */
export class Repository extends Construct {
  readonly repository: EcrRepository;

  constructor(scope: Construct, id: string, { name, kmsKeyArn, deletionProtection }: RepositoryProps) {
    super(scope, id);
    this.repository = new EcrRepository(this, "repository", {
      name,
      imageTagMutability: "IMMUTABLE",
      imageScanningConfiguration: { scanOnPush: true },
      encryptionConfiguration: [{ encryptionType: "KMS", kmsKey: kmsKeyArn }],
      forceDelete: !deletionProtection,
    });
    // ECR does not know what runs. A task names its image by digest, for months, and each such image has a tag.
    const selection = { tagStatus: "untagged", countType: "sinceImagePushed", countUnit: "days", countNumber: 14 };
    const rules = [{ rulePriority: 1, description: "left by uploads", selection, action: { type: "expire" } }];
    new EcrLifecyclePolicy(this, "lifecycle", { repository: this.repository.name, policy: json({ rules }) });
  }
}
