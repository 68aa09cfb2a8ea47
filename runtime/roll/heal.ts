import type { ClusterDriver } from "./driver";
import { objections } from "./gate";
import { back, NotBack, NotTaken, othersCanDoWithout, type RollProps, serves, stateOf } from "./roll";

export interface HealProps extends Omit<RollProps, "loses" | "empties"> {
  /** Its disk is not to be trusted, whatever it says: it has lost power, for example. */
  empty?: boolean;
  /** How long it may take to come back with the disk that it has, in milliseconds. */
  tryMs: number;
}

/** `well`: nothing was wrong with it. `emptied`: it has taken everything from the others. */
export type Healed = "well" | "restarted" | "emptied";

/** Copies that have to agree before another one is removed: with one alone, nobody can say which is right. */
const WITNESSES = 2;
/** Whoever nothing stands against: every server serves, and all replicas agree. */
const NOBODY = "";

/**
 * Brings one wounded server back while the others serve: with its disk where that is enough, and otherwise without it. It is only
 * emptied while the others are current and at least two of them hold the same of every stream that is on it.
 *
 * @throws NotTaken where that would remove the last good copy; NotBack
 */
export async function healServer(driver: ClusterDriver, server: string, props: HealProps): Promise<Healed> {
  const untrusted = { ...props, untrusted: true } as const;
  const serving = serves(stateOf(server, await driver.look()));
  if (!props.empty) {
    if (serving && (await agrees(driver, props))) return "well";
    if (!serving && (await comesBack(driver, server, untrusted))) return "restarted";
  }
  await othersCanDoWithout(driver, server, {
    ...untrusted,
    loses: "everything",
    witnesses: WITNESSES,
    doing: "emptied",
  });
  await end(driver, server);
  props.say(`${server} is emptied, and takes everything from the others`);
  await driver.empty(server);
  await driver.start(server);
  await back(driver, server, props);
  await othersCanDoWithout(driver, NOBODY, { ...props, loses: "nothing", patienceMs: props.backMs });
  return "emptied";
}

/**
 * Whether a server serves and holds what the others hold, once it is started with the disk that it has. One that does not run is
 * started whatever the others do: it may be what they wait for.
 */
async function comesBack(
  driver: ClusterDriver,
  server: string,
  props: HealProps & { untrusted: true },
): Promise<boolean> {
  if (stateOf(server, await driver.look()).runs)
    await othersCanDoWithout(driver, server, { ...props, loses: "memory" });
  await end(driver, server);
  props.say(`starts ${server} with its disk`);
  await driver.start(server);
  try {
    await back(driver, server, { ...props, backMs: props.tryMs });
    if (await agrees(driver, props)) return true;
    // While others are wounded too, what it holds cannot be judged.
    return objections(server, await driver.look(), [], { loses: "nothing" }).length > 0;
  } catch (error) {
    if (!(error instanceof NotBack)) throw error;
    props.say(`${error.message}: ${error.said}`);
    return false;
  }
}

/** Whether all servers serve and hold the same, now or soon. */
async function agrees(driver: ClusterDriver, props: HealProps): Promise<boolean> {
  try {
    await othersCanDoWithout(driver, NOBODY, { ...props, loses: "nothing", patienceMs: props.tryMs });
    return true;
  } catch (error) {
    if (!(error instanceof NotTaken)) throw error;
    for (const reason of error.reasons) props.say(reason);
    return false;
  }
}

/** One that does not serve may not hear either: it is ended at once. */
async function end(driver: ClusterDriver, server: string): Promise<void> {
  const found = stateOf(server, await driver.look());
  if (found.runs) await (serves(found) ? driver.stop(server) : driver.kill(server));
}
