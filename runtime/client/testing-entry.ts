export {
  startTestServer,
  type TestClientOptions,
  type TestServer,
  type TestServerOptions,
  type TestStream,
  type TestSubjects,
  type TestUser,
} from "./testing/test-server";
