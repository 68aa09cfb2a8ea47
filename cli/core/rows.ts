import { errorMessage } from "../../runtime/common/error-message";
import { poll } from "./processes";

/** One check with its result. `Group` names the parts that a command checks. */
export interface Row<Group extends string = string> {
  group: Group;
  what: string;
  ok: boolean;
  /** It holds now, and will soon fail. */
  warns?: boolean;
  seen: string;
}

/** Row of a deployment, by the answers of its platforms' APIs and of the servers. */
export type DeployRow = Row<
  "services" | "record" | "secrets" | "rules" | "plan" | "pods" | "servers" | "streams" | "jobs" | "trust"
>;

/** Row of `natsform verify`, about servers, clients and certificates of a twin. */
export type VerifyRow = Row<"servers" | "certificates" | "streams" | "callout" | "http-gateway" | "services">;

/** Result of a check: a row without its place in the list. */
export type CheckResult = Pick<Row, "ok" | "warns" | "seen">;

/** Runs a check; one that throws has failed with its message. */
export async function checkRow<Group extends string>(
  group: Group,
  what: string,
  check: () => Promise<CheckResult>,
): Promise<Row<Group>> {
  try {
    return { group, what, ...(await check()) };
  } catch (error) {
    return { group, what, ok: false, seen: failureText(error) };
  }
}

/** Runs checks that make several rows; when they throw, one row has the message. */
export async function checkRows<Group extends string>(
  group: Group,
  what: string,
  check: () => Promise<Row<Group>[]>,
): Promise<Row<Group>[]> {
  try {
    return await check();
  } catch (error) {
    return [{ group, what, ok: false, seen: failureText(error) }];
  }
}

const failureText = (error: unknown): string => {
  const [first = ""] = errorMessage(error).split("\n");
  // The names of AWS's errors say more than their messages.
  const isNamed = error instanceof Error && error.name !== "Error" && error.name !== "UserError";
  return isNamed ? `${error.name}: ${first}` : first;
};

/** Checks again until it holds or the time is over; the last result counts. */
export async function settledResult(check: () => Promise<CheckResult>, patienceMs: number): Promise<CheckResult> {
  let last: CheckResult = { ok: false, seen: "" };
  await poll(async () => {
    last = await check();
    return last.ok;
  }, patienceMs);
  return last;
}

const settleMs = 120_000;

/** Checks again until every row holds or two minutes are over; the last rows count. */
export async function settled<Group extends string>(
  check: () => Promise<Row<Group>[]>,
  pauseMs = 0,
): Promise<Row<Group>[]> {
  let rows: Row<Group>[] = [];
  await poll(async () => {
    rows = await check();
    if (rows.every(({ ok }) => ok)) return true;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    return false;
  }, settleMs);
  return rows;
}

/** Process of a twin or an emulated AWS, as `natsform status` shows it. */
export interface PartStatus {
  name: string;
  pid?: number;
  address: string;
  state: string;
  ok: boolean;
}
