import { reloadServers } from "../../../runtime/certificate-renewal/reload";

const silent = { info: () => undefined, warn: () => undefined };

test("where every listener serves its certificate no server is asked to reload", async () => {
  const connection = jest.fn();
  await reloadServers({ connection, served: [], current: new Map(), timeoutMs: 60_000, log: silent });
  expect(connection).not.toHaveBeenCalled();
});
