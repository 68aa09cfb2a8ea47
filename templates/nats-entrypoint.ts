import { lockStore, quote } from "./store-lock";

export interface EntrypointProps {
  /** @default /etc/nats/nats.conf */
  readonly configFile?: string;
  /** Folder below which the server stores. @default /data */
  readonly store?: string;
  /** Seconds to wait for a store that another server has. @default 80 */
  readonly waitSeconds?: number;
}

/**
 * Entry point for a container of the official alpine image, instead of its own: nats-server, which enters lame duck
 * mode when the platform stops the container. A plain SIGTERM would drop every client at once; lame duck mode lets them
 * move to other servers one after another. The platform's stop timeout has to be longer than `lame_duck_duration`.
 *
 * It takes the lock of the store first. ECS replaces a task that is not healthy after 90 s, so the wait for a server
 * whose machine is gone ends by itself just before, with the reason in the log; the next task waits on.
 *
 * It is text for `sh -c`: the image needs no additional file. Arguments are passed on to nats-server.
 */
export function natsEntrypoint(props: EntrypointProps = {}): string {
  const { configFile = "/etc/nats/nats.conf", store = "/data", waitSeconds = 80 } = props;
  return `pid= stopping=
stop() {
  stopping=1
  if [ -n "$pid" ]; then kill -USR2 "$pid" 2>/dev/null; fi
}
trap stop TERM INT
trap 'kill -HUP "$pid" 2>/dev/null' HUP
${lockStore({ store, waitSeconds, without: "refuse" })}nats-server -c ${quote(configFile)} "$@" &
pid=$!
if [ -n "$stopping" ]; then stop; fi
wait "$pid"
code=$?
# A signal ends a wait before the server ends. Once it has ended, its own code is the answer.
while kill -0 "$pid" 2>/dev/null; do
  wait "$pid"
  code=$?
done
exit "$code"
`;
}

/** Command of the container, for task definitions and launch templates. */
export const natsCommand = (props?: EntrypointProps): string[] => ["sh", "-c", natsEntrypoint(props), "nats"];
