import { type Msg, type NatsConnection, tokenAuthenticator, wsconnect } from "@nats-io/nats-core";

/*
 * This runs inside the browser: esbuild bundles it into the page. The test calls `window.nats` and gets plain data back.
 */

export interface PageLogin {
  /** `wss://…` */
  server: string;
  token: string;
  inboxPrefix: string;
  /** Shown as the heading. */
  user: string;
}

export interface PageNats {
  /** Why the connection was refused; `undefined` when it is there. */
  connect(login: PageLogin): Promise<string | undefined>;
  /** What the server refused about it; `undefined` when it took it. */
  publish(subject: string, text: string): Promise<string | undefined>;
  /** Answers requests on the subject, too. The same result as of `publish`. */
  subscribe(subject: string): Promise<string | undefined>;
  request(subject: string): Promise<string>;
  /** Everything received so far, `subject: text`. */
  received(): Promise<string[]>;
}

/** As much of the DOM as this page needs; the libraries of a browser are not among those of the project. */
interface PageElement {
  className: string;
  textContent: string;
  append(...children: PageElement[]): void;
}
declare const document: { getElementById(id: string): PageElement; createElement(tag: string): PageElement };

let connection: NatsConnection;
const errors: string[] = [];
const messages: string[] = [];

function show(kind: "sent" | "received" | "refused", subject: string, text: string): void {
  const row = document.createElement("tr");
  row.className = kind;
  for (const cell of [kind, subject, text]) {
    const column = document.createElement("td");
    column.textContent = cell;
    row.append(column);
  }
  document.getElementById("messages").append(row);
}

function showState(state: "connected" | "refused", text: string): void {
  document.getElementById("state").className = state;
  document.getElementById("state").textContent = state;
  document.getElementById("detail").textContent = text;
}

async function follow(): Promise<void> {
  for await (const status of connection.status()) if (status.type === "error") errors.push(status.error.message);
}

/** What the server said against what was just sent: its answer to the second ping comes after every such error. */
async function refusal(subject: string): Promise<string | undefined> {
  await connection.flush();
  await connection.flush();
  const error = errors.splice(0).join("; ") || undefined;
  if (error) show("refused", subject, error);
  return error;
}

function receive(error: Error | undefined, message: Msg): void {
  if (error) return;
  messages.push(`${message.subject}: ${message.string()}`);
  show("received", message.subject, message.string());
  if (!message.reply) return;
  message.respond(`the page read: ${message.string()}`);
  show("sent", message.reply, `the page read: ${message.string()}`);
}

const page: PageNats = {
  async connect({ server, token, inboxPrefix, user }) {
    document.getElementById("user").textContent = user;
    try {
      const authenticator = tokenAuthenticator(token);
      connection = await wsconnect({ servers: server, authenticator, inboxPrefix, reconnect: false, timeout: 30_000 });
    } catch (error) {
      showState("refused", `${server}: ${(error as Error).message}`);
      return (error as Error).message;
    }
    void follow();
    showState(
      "connected",
      `${server}, server ${connection.info?.server_name}, nats-server ${connection.info?.version}`,
    );
    return undefined;
  },
  async publish(subject, text) {
    connection.publish(subject, text);
    show("sent", subject, text);
    return refusal(subject);
  },
  async subscribe(subject) {
    connection.subscribe(subject, { callback: (error, message) => receive(error ?? undefined, message) });
    return refusal(subject);
  },
  request: async (subject) => (await connection.request(subject, "", { timeout: 30_000 })).string(),
  received: async () => messages,
};
Object.assign(globalThis, { nats: page });
