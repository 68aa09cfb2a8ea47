import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { type States, Superseded } from "../ports";
import { AuthoritySet } from "../rollover";
import { CertificateState, RenewalInfo } from "../state";

/** Items of the table: a JSON value, and the token of the lease under which it was written. */
export function awsStates(client: DynamoDBClient, table: string): States {
  const read = async (id: string): Promise<unknown> => {
    const { Item } = await client.send(
      new GetItemCommand({ TableName: table, Key: { id: { S: id } }, ConsistentRead: true }),
    );
    return Item?.value?.S === undefined ? undefined : JSON.parse(Item.value.S);
  };
  const write = async (id: string, value: unknown, token: number): Promise<void> => {
    try {
      await client.send(
        new UpdateItemCommand({
          TableName: table,
          Key: { id: { S: id } },
          UpdateExpression: "SET #value = :value, #token = :token",
          ConditionExpression: "attribute_not_exists(#token) OR #token <= :token",
          ExpressionAttributeNames: { "#value": "value", "#token": "token" },
          ExpressionAttributeValues: { ":value": { S: JSON.stringify(value) }, ":token": { N: String(token) } },
        }),
      );
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) throw new Superseded(`another run has written ${id}`);
      throw error;
    }
  };
  return {
    // An item that cannot be read, perhaps because another version wrote it, must not prevent a renewal.
    certificate: async (id) =>
      CertificateState.safeParse(await read(`certificate#${id}`)).data ?? CertificateState.parse({}),
    saveCertificate: (id, state, token) => write(`certificate#${id}`, state, token),
    renewalInfo: async (id) => RenewalInfo.safeParse(await read(`renewal-info#${id}`)).data,
    // The latest answer counts: no lease is needed.
    saveRenewalInfo: (id, info) => write(`renewal-info#${id}`, info, 0),
    authorities: async (issuer) => AuthoritySet.optional().parse(await read(`authorities#${issuer}`)),
    saveAuthorities: (issuer, set, token) => write(`authorities#${issuer}`, set, token),
  };
}
