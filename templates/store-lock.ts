/** File in a store's folder whose lock a server has as long as it runs. What stands in it is for people. */
export const lockFile = "server.lock";

/** Code with which a server that was not started ends: the store is another's (EX_TEMPFAIL of sysexits.h). */
export const storeInUse = 75;

export interface StoreLockProps {
  /** Folder, which exists. */
  readonly store: string;
  /** Seconds to wait for a server that is just ending, or whose machine is gone: NFS keeps its lock for a while. */
  readonly waitSeconds: number;
  /**
   * Where there is no `flock`: images have it. On a laptop Perl takes the same lock, since macOS has that alone; where there is
   * neither, the server starts and says that nothing guards its store.
   */
  readonly without: "refuse" | "go on";
}

/** The lock that `flock -n 9` takes: it belongs to the open file, and so stays when Perl ends. */
const withPerl = `perl -e 'open(F, ">>&=9") && flock(F, 6) or exit 1'`;

/**
 * Text for `sh`, to stand before what starts nats-server: it takes the lock of the store, or ends with
 * {@link storeInUse}. nats-server itself takes none, and two of them on one store destroy it, both healthy.
 *
 * The lock is the kernel's, on descriptor 9, which the server inherits: it is released when the last process that holds it
 * is gone, however that ended. A variable `stopping` that is set ends the wait.
 */
export function lockStore({ store, waitSeconds, without }: StoreLockProps): string {
  const said = (text: string) => `echo "nats-server: ${text}" >&2`;
  const holder = `$(cat "$lock")`;
  const isLaptop = without === "go on";
  const tool = isLaptop
    ? `take=
if command -v flock >/dev/null 2>&1; then take=flock; elif command -v perl >/dev/null 2>&1; then take=perl; fi
take_lock() { if [ "$take" = flock ]; then flock -n 9; else ${withPerl}; fi; }
if [ -n "$take" ]; then`
    : "if command -v flock >/dev/null 2>&1; then";
  return `lock=${quote(`${store}/${lockFile}`)}
${tool}
  exec 9>>"$lock"
  waited=0
  until ${isLaptop ? "take_lock" : "flock -n 9"}; do
    if [ -n "$stopping" ]; then exit 143; fi
    if [ "$waited" -ge ${waitSeconds} ]; then
      ${said(`not started: ${holder} still has the store, whose lock is $lock`)}
      exit ${storeInUse}
    fi
    if [ "$waited" -eq 0 ]; then ${said(`waits up to ${waitSeconds} s for the store, which ${holder} has: two servers would destroy it`)}; fi
    sleep 1 9>&-
    waited=$((waited + 1))
  done
  echo "process $$ on $(hostname 2>/dev/null || echo this machine)" >"$lock"
else
${isLaptop ? `  ${said("there is neither flock nor perl: nothing keeps a second server off $lock")}` : `  ${said("not started: the image has no flock, and nothing else keeps a second server off $lock")}\n  exit 1`}
fi
`;
}

/** A text as one word of a shell. */
export const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
