export { nats2 } from "./transport/nats2";
