import { type AwsJsonProps, connectAwsJson } from "../common/aws-json";

interface History {
  Parameters?: { Version?: number; Value?: string }[];
  NextToken?: string;
}

/**
 * Reads what was published last for a restart digest. Systems Manager keeps a hundred values of a parameter, so a task
 * that is started again after a deployment was rolled back finds its own.
 *
 * @param name of the parameter
 */
export function publishedDigests(name: string, props: AwsJsonProps) {
  const ssm = connectAwsJson("ssm", "AmazonSSM", props);
  return async (restartDigest: string): Promise<string | undefined> => {
    const values: { version: number; text: string }[] = [];
    let NextToken: string | undefined;
    do {
      const page: History = await ssm("GetParameterHistory", { Name: name, MaxResults: 50, NextToken });
      values.push(...(page.Parameters ?? []).map(({ Version = 0, Value = "" }) => ({ version: Version, text: Value })));
      NextToken = page.NextToken;
    } while (NextToken);
    const own = values.filter(({ text }) => text.startsWith(`${restartDigest} `));
    return own.sort((a, b) => b.version - a.version)[0]?.text.split(" ")[1];
  };
}
