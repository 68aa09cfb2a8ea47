import type { AuthRules } from "../auth-callout/rules";
import type { StreamSpec } from "../streams/spec";

/** What a test server takes of an environment, as `natsform subjects ENV --test-server` writes it. It holds no secret. */
export interface TestEnvironment {
  format: typeof TEST_ENVIRONMENT_FORMAT;
  environment: string;
  maxPayloadBytes: number;
  /** Accounts of applications by name, with what they share in nats-server's own words. */
  accounts: Record<string, { jetstream: boolean; exports?: object[]; imports?: object[] }>;
  /** Rules of the auth callout, whose services go by their names: keys are the deployment's. */
  rules: AuthRules;
  streams: { account: string; stream: StreamSpec }[];
}

/** Changes with every change that an older library would read wrong. */
export const TEST_ENVIRONMENT_FORMAT = 1;
