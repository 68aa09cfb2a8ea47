import type { EnvironmentInput } from "../../model/config";

/** A change that somebody could propose, of the environment `demo`. */
export interface Example {
  /** Name of its recorded plans too. */
  id: string;
  /** What the pull request says. */
  title: string;
  change(environment: EnvironmentInput): void;
}

const cluster = (environment: EnvironmentInput) => environment.clusters.core as unknown as Record<string, unknown>;
const stream = (environment: EnvironmentInput, name: string) =>
  environment.streams?.find((one) => one.name === name) as unknown as Record<string, unknown>;
const platform = (environment: EnvironmentInput) => cluster(environment).platform as Record<string, unknown>;

/** Ten changes, from one that nobody notices to those that lose data. */
export const examples: readonly Example[] = [
  {
    id: "described",
    title: "Describe the stream ORDERS",
    change: (environment) =>
      Object.assign(stream(environment, "ORDERS"), { description: "orders, as they were placed" }),
  },
  {
    id: "larger-messages",
    title: "Allow messages of 16 MiB",
    change: (environment) => Object.assign(environment, { nats: { ...environment.nats, maxPayload: "16MiB" } }),
  },
  {
    id: "more-processors",
    title: "Give each server two processors",
    change: (environment) => Object.assign(platform(environment), { cpu: 2048, memory: "4GiB" }),
  },
  {
    id: "five-servers",
    title: "Five servers instead of three",
    change: (environment) => Object.assign(cluster(environment), { size: 5 }),
  },
  {
    id: "shorter-age",
    title: "Keep orders for one day instead of seven",
    change: (environment) => Object.assign(stream(environment, "ORDERS"), { maxAge: "1d" }),
  },
  {
    id: "stream-taken-out",
    title: "Take out the stream NEWS",
    change: (environment) => {
      environment.streams = environment.streams?.filter(({ name }) => name !== "NEWS");
      Object.assign(environment.identity.services?.newsroom ?? {}, { uses: {} });
    },
  },
  {
    id: "everything-for-editors",
    title: "Let editors publish more",
    change: (environment) => {
      const [, editors] = environment.identity.permissions ?? [];
      Object.assign(editors ?? {}, { publish: { allow: [">"] } });
    },
  },
  {
    id: "older-server",
    title: "Back to nats-server 2.14.5",
    change: (environment) => Object.assign(environment, { nats: { ...environment.nats, version: "2.14.5" } }),
  },
  {
    id: "other-bucket",
    title: "Keep backups in another bucket",
    change: (environment) =>
      Object.assign(cluster(environment), { backup: { to: "s3://demo-nats-archive/demo", locked: true } }),
  },
  {
    id: "another-domain",
    title: "Move to the new domain",
    change: (environment) => Object.assign(platform(environment), { domain: "example.net" }),
  },
];
