import { randomUUID } from "node:crypto";
import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import { type Lease, type Leases, Superseded } from "../ports";

const Key = { id: { S: "lease" } };
const names = { "#token": "token", "#holder": "holder", "#endsAt": "endsAt" };

/** Lambda ends every invocation after fifteen minutes; clocks differ by a little. */
const longestMs = 20 * 60_000;

/** A lease in the table. Times are milliseconds since 1970. */
export function awsLeases(client: DynamoDBClient, TableName: string, now: () => Date): Leases {
  return {
    async take(until) {
      const holder = randomUUID();
      try {
        const { Attributes } = await client.send(
          new UpdateItemCommand({
            TableName,
            Key,
            UpdateExpression: "SET #holder = :holder, #endsAt = :until ADD #token :one",
            // Its own name counts as free: the client repeats a request whose answer was lost.
            // One that lasts longer than any invocation comes from a clock that was wrong.
            ConditionExpression:
              "attribute_not_exists(#endsAt) OR #endsAt <= :now OR #endsAt > :latest OR #holder = :holder",
            ExpressionAttributeNames: names,
            ExpressionAttributeValues: {
              ":holder": { S: holder },
              ":until": { N: String(until.getTime()) },
              ":now": { N: String(now().getTime()) },
              ":latest": { N: String(now().getTime() + longestMs) },
              ":one": { N: "1" },
            },
            ReturnValues: "ALL_NEW",
          }),
        );
        return lease(holder, Number(Attributes?.token?.N), until);
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return undefined;
        throw error;
      }
    },
  };

  function lease(holder: string, token: number, until: Date): Lease {
    return {
      token,
      async check() {
        const { Item } = await client.send(new GetItemCommand({ TableName, Key, ConsistentRead: true }));
        const isMine = Item?.holder?.S === holder && Item.token?.N === String(token);
        if (!isMine || until <= now()) throw new Superseded("the lease has ended");
      },
      async release() {
        await client
          .send(
            new UpdateItemCommand({
              TableName,
              Key,
              UpdateExpression: "SET #endsAt = :zero",
              ConditionExpression: "#holder = :holder",
              ExpressionAttributeNames: { "#holder": "holder", "#endsAt": "endsAt" },
              ExpressionAttributeValues: { ":holder": { S: holder }, ":zero": { N: "0" } },
            }),
          )
          // It ends by itself as well.
          .catch(() => undefined);
      },
    };
  }
}
