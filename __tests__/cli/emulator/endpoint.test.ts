import type { AddressInfo } from "node:net";
import { type EndpointProps, startEndpoint } from "../../../cli/emulator/endpoint";

test("the emulated AWS is this machine's alone", async () => {
  const props = { moto: {}, key: "key", log: () => undefined } as unknown as EndpointProps;
  const { server } = await startEndpoint(props, () => ({}) as never);
  const { address } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  expect(address).toBe("127.0.0.1");
});
