import { readFileSync } from "node:fs";
import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { addressProblem, getText } from "../../../runtime/auth-callout/https-get";
import { makeCertificate, makeFolder, removeFolder } from "../../support/callout-nats-server";

const folder = makeFolder();
const { certFile, keyFile } = makeCertificate(folder);
const [cert, key] = [certFile, keyFile].map((file) => readFileSync(file, "utf8"));
const bounds = { timeoutMs: 60_000, maxBytes: 1000 };
const answers: Record<string, RequestListener> = {
  "/ok": (_, response) => response.end("{}"),
  "/slow": () => {},
  "/trickle": (_, response) => {
    const timer = setInterval(() => response.write(" "), 20);
    response.on("close", () => clearInterval(timer));
  },
  "/large": (_, response) => response.end("x".repeat(1001)),
  "/error": (_, response) => response.writeHead(500).end(),
  "/redirect": (_, response) => response.writeHead(302, { location: "/ok" }).end(),
  "/cut": (_, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("{", () => response.destroy());
  },
};
let http: Server;
let https: Server;

// On every address of the loopback interface: one of them is not in the certificate.
const listen = (server: Server) => new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
const portOf = (server: Server) => (server.address() as AddressInfo).port;
const listener: RequestListener = (request, response) => answers[request.url ?? ""]?.(request, response);

beforeAll(async () => {
  http = createHttpServer(listener);
  https = createHttpsServer({ cert, key }, listener);
  await Promise.all([listen(http), listen(https)]);
});
afterAll(() => {
  for (const server of [http, https]) {
    server.closeAllConnections();
    server.close();
  }
  removeFolder(folder);
});
const get = (path: string, timeoutMs = bounds.timeoutMs) =>
  getText(`http://127.0.0.1:${portOf(http)}${path}`, { ...bounds, timeoutMs });

test("a small document is returned", () => expect(get("/ok")).resolves.toBe("{}"));

test.each(["/slow", "/trickle"])("%s is refused once the time is over", async (path) => {
  await expect(get(path, 200)).rejects.toThrow("no answer within 200 ms");
});

test.each([
  ["/large", "more than 1000 bytes"],
  ["/error", "HTTP status 500"],
  ["/redirect", "HTTP status 302"],
])("%s is refused: %s", async (path, why) => {
  await expect(get(path)).rejects.toThrow(why);
});

test("a document that is cut off is refused", () => expect(get("/cut")).rejects.toThrow());

test("the certificate is verified, by the given CA alone", async () => {
  const port = portOf(https);
  await expect(getText(`https://localhost:${port}/ok`, { ...bounds, ca: cert })).resolves.toBe("{}");
  await expect(getText(`https://localhost:${port}/ok`, bounds)).rejects.toThrow("self-signed certificate");
});

test("a name that the certificate does not have is refused", async () => {
  const port = portOf(https);
  await expect(getText(`https://127.0.0.2:${port}/ok`, { ...bounds, ca: cert })).rejects.toThrow("does not match");
});

test("nothing is fetched in clear but from the loopback interface", async () => {
  for (const address of ["https://example.com/a", "http://localhost:80/", "http://127.0.0.1", "http://[::1]/"])
    expect(addressProblem(address)).toBeUndefined();
  for (const address of [
    "http://example.com/",
    "http://127.0.0.1.example.com/",
    "http://localhost.example.com/",
    "file:///etc/passwd",
    "x",
  ])
    expect(addressProblem(address)).toBeDefined();
  await expect(getText("http://example.com/", bounds)).rejects.toThrow("https://");
});
