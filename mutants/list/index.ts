import type { Planted } from "../planted";
import { aws } from "./aws";
import { callout } from "./callout";
import { certificates } from "./certificates";
import { client } from "./client";
import { commandLine } from "./command-line";
import { data } from "./data";
import { httpGateway } from "./http-gateway";
import { kubernetes } from "./kubernetes";
import { lint } from "./lint";
import { model } from "./model";
import { natsConf } from "./nats-conf";
import { programs } from "./programs";
import { sharing } from "./sharing";

export const planted: readonly Planted[] = [
  ...natsConf,
  ...model,
  ...lint,
  ...callout,
  ...certificates,
  ...data,
  ...programs,
  ...aws,
  ...kubernetes,
  ...commandLine,
  ...sharing,
  ...client,
  ...httpGateway,
];
