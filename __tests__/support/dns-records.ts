import type { ResourceRecordSet } from "@aws-sdk/client-route-53";

export const recordName = "nats.example.com";
export const owner = "natsform:demo/core";
export const ownershipName = `_natsform.${recordName}`;

export const ownership = (says = owner): ResourceRecordSet => ({
  Name: ownershipName,
  Type: "TXT",
  TTL: 300,
  ResourceRecords: [{ Value: `"${says}"` }],
});

export const addressRecord = (...addresses: string[]): ResourceRecordSet => ({
  Name: recordName,
  Type: "A",
  TTL: 60,
  ResourceRecords: addresses.map((Value) => ({ Value })),
});
