/** Names of the API's access keys, as the SDK takes them. */
export interface AccessKey {
  accessKeyId: string;
  secretAccessKey: string;
}

/** Makes a user that may call exactly these actions, and a key of it. Only before `enforcePermissions`. */
export async function userWith(motoUrl: string, name: string, actions: readonly string[]): Promise<AccessKey> {
  // moto knows no resources and no conditions: those are for the unit tests.
  const Statement = actions.map((Action) => ({ Effect: "Allow", Action, Resource: "*" }));
  await iam(motoUrl, { Action: "CreateUser", UserName: name });
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
  await iam(motoUrl, { Action: "PutUserPolicy", UserName: name, PolicyName: "dns-sync", PolicyDocument });
  const made = await iam(motoUrl, { Action: "CreateAccessKey", UserName: name });
  const read = (tag: string) => new RegExp(`<${tag}>([^<]+)</${tag}>`).exec(made)?.[1] ?? "";
  return { accessKeyId: read("AccessKeyId"), secretAccessKey: read("SecretAccessKey") };
}

/** From now on each request is verified: its signature, and its action by the policies of its user. */
export async function enforcePermissions(motoUrl: string): Promise<void> {
  const answer = await fetch(`${motoUrl}/moto-api/reset-auth`, { method: "POST", body: "0" });
  if (!answer.ok) throw new Error(`moto does not enforce permissions: ${answer.status}`);
}

/** Nobody is asked who they are any more. */
export async function trustEverybody(motoUrl: string): Promise<void> {
  const answer = await fetch(`${motoUrl}/moto-api/reset-auth`, { method: "POST", body: "1000000000" });
  if (!answer.ok) throw new Error(`moto still enforces permissions: ${answer.status}`);
}

/** By hand: there is no client of IAM among our dependencies, and nothing is verified yet. */
async function iam(motoUrl: string, parameters: Record<string, string>): Promise<string> {
  const scope = "Credential=AKIATEST/20260101/us-east-1/iam/aws4_request";
  const answer = await fetch(motoUrl, {
    method: "POST",
    headers: { authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=0` },
    body: new URLSearchParams({ ...parameters, Version: "2010-05-08" }),
  });
  const said = await answer.text();
  if (!answer.ok) throw new Error(`${parameters.Action}: ${said}`);
  return said;
}
