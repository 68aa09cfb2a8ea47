/** Everything that a program has to know to connect to one cluster as one identity. Plain data. */
export interface Connection {
  environment: string;
  cluster: string;
  /** `twin`: the servers on this machine. `deployment`: those of the platform. */
  of: "twin" | "deployment";
  /** `tls://HOST:PORT`, the client listeners. */
  servers: string[];
  /** `wss://HOST:PORT`; empty without a WebSocket listener. */
  websocket: string[];
  /** File with the authorities that servers' certificates come from; absent: those that the system trusts. */
  caFile?: string;
  login: NkeyLogin | TokenLogin;
  /** Bearer JWT that has to be presented beside the login, where servers do not add it. */
  sentinel?: string;
  /** The only inboxes that this identity may listen to. */
  inboxPrefix: string;
  /** Account of a service; of a token's holder the rules decide at each login. */
  account?: string;
  /** What a service does, in words: `consumes ORDERS/fulfilment`. */
  does?: string[];
  /** What natsform cannot know or fetch, and how to get it. */
  todo: string[];
}

export interface NkeyLogin {
  by: "nkey";
  service: string;
  /** Public half of the key. */
  nkey: string;
  /** File with the seed. */
  seedFile?: string;
}

export interface TokenLogin {
  by: "token";
  /** `sub` of the token. */
  sub: string;
  issuer: string;
  audience: string;
  /** Command that prints a token; absent where only the issuer gives one. */
  command?: string;
}

/** Variables by which programs are told; a printed file reads them, and has what was known as their default. */
export function variablesOf({ servers, caFile, login, sentinel, inboxPrefix }: Connection): Record<string, string> {
  return {
    NATS_URL: servers.join(","),
    ...(caFile !== undefined && { NATS_CA_FILE: caFile }),
    ...(login.by === "nkey" && { NATS_NKEY_SEED_FILE: login.seedFile ?? "" }),
    ...(sentinel !== undefined && { NATS_SENTINEL: sentinel }),
    NATS_INBOX_PREFIX: inboxPrefix,
  };
}

/** What stands at the head of everything printed, line by line, without marks of a comment. */
export function headOf(connection: Connection, language: string): string[] {
  const { environment, cluster, of, login, does = [], todo } = connection;
  const who = login.by === "nkey" ? `service ${login.service}` : `user ${shownSub(login.sub)}`;
  const option = login.by === "nkey" ? `--as ${login.service}` : `--sub ${shownSub(login.sub)}`;
  const deployed = of === "deployment" ? " --deployed" : "";
  return [
    `${who} on cluster ${cluster} of ${environment} (${of})`,
    `made by: natsform connect ${environment} ${option} --lang ${language}${deployed}`,
    ...does,
    ...todo.map((text) => `TO DO: ${text}`),
  ];
}

/** A `sub` as it is written in a shell; a placeholder for one that a comment in some language would not hold. */
export function shownSub(sub: string): string {
  if (/^[\w.@:-]{1,64}$/.test(sub)) return sub;
  return /^[\w.@:|-]{1,64}$/.test(sub) ? `'${sub}'` : "SUB";
}
