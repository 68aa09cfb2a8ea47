export type { TestClientOptions, TestServerOptions, TestStream, TestSubjects, TestUser } from "./options";
export { startTestServer, type TestServer } from "./test-server";
export type { TestClaims } from "./users";
