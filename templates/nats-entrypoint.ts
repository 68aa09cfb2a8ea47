/**
 * Entry point for a container of the official alpine image, instead of its own: nats-server, which enters lame duck
 * mode when the platform stops the container. A plain SIGTERM would drop every client at once; lame duck mode lets them
 * move to other servers one after another. The platform's stop timeout has to be longer than `lame_duck_duration`.
 *
 * It is text for `sh -c`: the image needs no additional file. Arguments are passed on to nats-server.
 */
export function natsEntrypoint(configFile = "/etc/nats/nats.conf"): string {
  return `pid= stopping=
stop() {
  stopping=1
  if [ -n "$pid" ]; then kill -USR2 "$pid" 2>/dev/null; fi
}
trap stop TERM INT
trap 'kill -HUP "$pid" 2>/dev/null' HUP
nats-server -c ${quote(configFile)} "$@" &
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
export const natsCommand = (configFile?: string): string[] => ["sh", "-c", natsEntrypoint(configFile), "nats"];

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
