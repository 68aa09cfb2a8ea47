import { once } from "node:events";
import { Agent, request as send } from "node:http";
import { readAll } from "./proxy";

/** Connects to a Unix socket, whatever address a request names. */
export const socketAgent = (socketPath: string) => new Agent({ socketPath } as ConstructorParameters<typeof Agent>[0]);

/** `fetch` over the connections of an agent: Node's own takes none. */
export const fetchWith =
  (agent: Agent): typeof fetch =>
  async (input, init) => {
    const asked = new Request(input, init);
    const { host, pathname, search } = new URL(asked.url);
    const body = Buffer.from(await asked.arrayBuffer());
    const headers = { ...Object.fromEntries(asked.headers), host, "content-length": body.length };
    const call = send({ agent, path: pathname + search, method: asked.method, headers });
    call.end(body);
    const [answer] = await once(call, "response");
    const received = await readAll(answer);
    const { "content-type": type = "" } = answer.headers;
    return new Response(received.length > 0 ? received : null, {
      status: answer.statusCode,
      headers: { "content-type": type },
    });
  };
