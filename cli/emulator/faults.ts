import { type AwsRefusal, errorAnswer, inXml } from "./error-answer";
import type { Answer } from "./proxy";
import type { AwsRequest } from "./request";

/** A fault that the next requests of one kind meet. */
export interface Fault {
  service: string;
  /** Without one, every action of the service. */
  action?: string;
  kind: "throttle" | "error" | "reset";
  /** Number of requests that meet it; without one, all until it is cleared. */
  count?: number;
}

type Answered = Exclude<Fault["kind"], "reset">;

/** Faults that are to be injected between programs and the emulated AWS: moto itself never fails. */
export class Faults {
  #faults: Fault[] = [];
  #met = 0;

  add(fault: Fault): void {
    this.#faults.push({ ...fault });
  }

  clear(): void {
    this.#faults = [];
    this.#met = 0;
  }

  /** Requests that met one since the last `clear`. */
  get met(): number {
    return this.#met;
  }

  /** The answer that this request gets instead of moto's; `reset` means that its connection is cut. */
  meet({ service, action }: AwsRequest): Answer | "reset" | undefined {
    const fault = this.#faults.find(
      (fault) => fault.service === service && (fault.action === undefined || fault.action === action),
    );
    if (!fault) return undefined;
    this.#met++;
    if (fault.count !== undefined && --fault.count <= 0) this.#faults = this.#faults.filter((other) => other !== fault);
    if (fault.kind === "reset") return "reset";
    return errorAnswer(service, refusalOf(service, fault.kind));
  }
}

/** What AWS calls a fault depends on the service. */
function refusalOf(service: string, kind: Answered): AwsRefusal {
  if (service === "ec2")
    return kind === "throttle"
      ? { status: 503, code: "RequestLimitExceeded", message: "emulated fault" }
      : { status: 500, code: "InternalError", message: "emulated fault" };
  if (inXml.has(service))
    return kind === "throttle"
      ? { status: 400, code: "Throttling", message: "emulated fault" }
      : { status: 500, code: "InternalError", message: "emulated fault" };
  return kind === "throttle"
    ? { status: 400, code: "ThrottlingException", message: "Rate exceeded" }
    : { status: 500, code: "ServerException", message: "emulated fault" };
}
