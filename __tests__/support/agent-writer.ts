import { readFileSync, writeSync } from "node:fs";
import { readPair, type ServerCertificate } from "../../runtime/certificate-agent/certificate";
import { ServerFiles } from "../../runtime/certificate-agent/server-files";

/** Writes in turn what its argument's file lists, as fast as it can, until it is killed. */
interface Work {
  folder: string;
  certificates: { crt: string; key: string; authorities: string }[];
  confs: string[];
}

const { folder, certificates, confs } = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as Work;
const desired = [{ id: "internal", issuer: "internal", secret: "s", names: ["a"] }];
const files = new ServerFiles(folder, { certificates: desired, credentials: [] });
const versions: ServerCertificate[] = certificates.map((one) => readPair(one.crt, one.key, one.authorities));
for (let turn = 0; ; turn++) {
  const [certificate, conf] = [versions[turn % versions.length], confs[turn % confs.length]];
  if (certificate) files.writeCertificate("internal", certificate);
  if (conf) files.writeConf(conf);
  // Old versions go as they do when a server has loaded the new one.
  if (turn % 3 === 0) files.confirmLoaded();
  writeSync(1, ".");
}
