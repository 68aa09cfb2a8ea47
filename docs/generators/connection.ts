import type { Environment, Trust } from "../../model/config";
import { doesOf } from "../../model/topology";
import { serviceInboxPrefix } from "../../runtime/client";
import { languages } from "../../templates/connection";

/** What `natsform connect demo --as main-api --lang node` prints on somebody's machine, for docs/connect-a-program.md. */
export function connectionExample(environment: Environment, trust: Trust): string {
  const { name } = environment;
  const service = "main-api";
  const own = environment.identity.services[service];
  const nkey = trust.users[`service-${service}`];
  if (!own || !nkey) throw new Error(`${name} has no service ${service}`);
  const folder = `/home/me/shop/.natsform/${name}/twin`;
  const printed = languages.node.text({
    environment: name,
    cluster: "core",
    of: "twin",
    servers: ["tls://127.0.0.1:14222", "tls://127.0.0.1:14232", "tls://127.0.0.1:14242"],
    websocket: [],
    caFile: `${folder}/pki/ca.crt`,
    login: { by: "nkey", service, nkey, seedFile: `${folder}/keys/user-service-${service}.key` },
    inboxPrefix: serviceInboxPrefix(nkey),
    account: own.account,
    does: doesOf(service, own, environment),
    todo: [],
  });
  return `\`\`\`js\n${printed}\n\`\`\``;
}
