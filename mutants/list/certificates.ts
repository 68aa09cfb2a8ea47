import { plantedIn } from "../planted";

/** Programs that issue, renew, fetch and load certificates. */
export const certificates = [
  ...plantedIn("runtime/certificate-agent/atomic.ts", [
    ["a power cut leaves an empty file", "fsyncSync(file);", ""],
    [
      "a reader finds half of a file",
      "writeDurably(half, content, mode);\n  renameSync(half, path);",
      "writeDurably(path, content, mode);",
    ],
    [
      "a link is gone for a moment",
      "symlinkSync(target, half);\n  renameSync(half, path);",
      "rmSync(path, { force: true });\n  symlinkSync(target, path);",
    ],
  ]),
  ...plantedIn("runtime/certificate-agent/certificate-files.ts", [
    ["everybody reads a certificate's key", "content: key, mode: 0o600", "content: key, mode: 0o644"],
    ["old keys stay on the disk", "if (!kept.has(name)) rmSync", "if (kept.size === 0) rmSync"],
  ]),
  ...plantedIn("runtime/certificate-agent/certificate.ts", [
    ["an expired certificate is served", "if (now >= new Date(leaf.validTo))", 'if (leaf.validTo === "")'],
    ["a certificate of the future is served", "if (now < new Date(leaf.validFrom))", 'if (leaf.validFrom === "")'],
    [
      "a certificate of other names is served",
      "if (missing.length > 0) problems.push(`it does not carry",
      "if (missing.length > 99) problems.push(`it does not carry",
    ],
    [
      "a certificate is served as what it is not for",
      "if (refused.length > 0) problems.push(`it may not",
      "if (refused.length > 99) problems.push(`it may not",
    ],
    [
      "a certificate is served without its key",
      'if (!leaf.checkPrivateKey(privateKey)) throw new Error("the private key belongs to another certificate");',
      "",
    ],
    [
      "peers are verified by nobody any more",
      'if (desired.isPrivate && pair.authorities === "")',
      'if (desired.isPrivate && pair.authorities === "none")',
    ],
    ["a certificate of any signer is served", ", ...chainProblems(pair.crt, pair.authorities, desired.now)", ""],
  ]),
  ...plantedIn("runtime/certificate-agent/chain.ts", [
    [
      "a signature in the chain is not verified",
      "certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)",
      "certificate.checkIssued(issuer)",
    ],
    ["an expired intermediate is served", "if (!chain.slice(1).every(validAt(now)))", "if (chain.length === 0)"],
    [
      "an authority that has ended is trusted",
      "else if (!anchors.some(validAt(now)))",
      "else if (anchors.length === 0)",
    ],
    [
      "a certificate of another authority is served",
      'if (anchors.length === 0) problems.push("none of the authorities signed it");',
      "if (anchors.length === 0) return problems;",
    ],
  ]),
  ...plantedIn("runtime/certificate-agent/credential.ts", [
    ["a leaf's file sets what is no user's seed", 'if (!text.startsWith("SU")) return false;', ""],
    [
      "a secret that is no creds file is put in place",
      'if (!value.includes("-----BEGIN NATS USER JWT-----") || !isSeed(seedOfCreds(value) ?? ""))',
      'if (value === "")',
    ],
  ]),
  ...plantedIn("runtime/certificate-agent/decide-config.ts", [
    [
      "a server takes the configuration of another one",
      "if (serverName !== JSON.stringify(desired.serverName))",
      "if (serverName === undefined)",
    ],
    [
      "a server takes what only a restart can change",
      'if (stored.restartDigest !== desired.restartDigest) return { action: "wait" };',
      "",
    ],
    [
      "a configuration without a digest is taken",
      'if (stored.restartDigest === "") return',
      'if (stored.text === "") return',
    ],
  ]),
  ...plantedIn("runtime/certificate-agent/env.ts", [
    ["a credential is written outside of its folder", "/^[A-Za-z0-9_.-]+\\.(creds|conf)$/", "/\\.(creds|conf)$/"],
    [
      "the agent's state is shown to the network",
      'HTTP_HOST: text.default("127.0.0.1")',
      'HTTP_HOST: text.default("0.0.0.0")',
    ],
  ]),
  ...plantedIn("runtime/certificate-agent/served-certificates.ts", [
    [
      "nobody looks at what routes serve",
      "return names.map((name) => ({\n        listener,",
      'return (listener === "routes" ? [] : names).map((name) => ({\n        listener,',
    ],
    [
      "a route's certificate need not serve as a client's",
      'served.some(({ name }) => name === "routes") ? ["server", "client"]',
      'served.some(({ name }) => name === "routes") ? ["server"]',
    ],
  ]),
  ...plantedIn("runtime/certificate-agent/server-files.ts", [
    [
      "everybody reads a server's credentials",
      "replaceFile(this.#credential(file), content, 0o600)",
      "replaceFile(this.#credential(file), content)",
    ],
    [
      "authorities of other clusters are trusted without one's own",
      'own === "" ? "" : unionPem([own, others[issuer] ?? ""])',
      'unionPem([own, others[issuer] ?? ""])',
    ],
    [
      "a refused configuration cannot be put back",
      "if (conf && conf !== this.loadedConf()) replaceFile(this.#loadedConf, conf);",
      "",
    ],
    [
      "a server starts without its credentials",
      "...credentials.filter(({ file }) => !this.credential(file)).map(({ file }) => `credentials ${file}`),",
      "",
    ],
  ]),
  ...plantedIn("runtime/certificate-agent/server-process.ts", [
    [
      "another process is signalled",
      'commandOf(pid)?.startsWith("nats-server") ? pid : undefined',
      "commandOf(pid) ? pid : undefined",
    ],
  ]),
  ...plantedIn("runtime/certificate-agent/reload-server.ts", [
    ["a server goes on with a configuration that it refuses", "files.writeConf(loaded);", ""],
  ]),
  ...plantedIn("runtime/certificate-manager/authorities.ts", [
    [
      "an authority that cannot be read is replaced",
      "if (!data) throw new Error(`secret ${secret} holds no authorities: restore its previous version`);",
      "if (!data) return undefined;",
    ],
    ["two runs make an authority each", "await lease.check();", ""],
  ]),
  ...plantedIn("runtime/certificate-manager/backoff.ts", [
    ["the limit of the public authority is used up", "const certificatesAWeek = 4;", "const certificatesAWeek = 400;"],
    ["a failure is tried again at once", "return delay * (1 + jitter * random);", "return 0 * delay * random;"],
  ]),
  ...plantedIn("runtime/certificate-manager/contract.ts", [
    [
      "the certificate-manager deletes secrets",
      '"secretsmanager:PutSecretValue"]',
      '"secretsmanager:PutSecretValue", "secretsmanager:DeleteSecret"]',
    ],
  ]),
  ...plantedIn("runtime/certificate-manager/inspect.ts", [
    [
      "a certificate that nobody signed counts as valid",
      'if (desired.issuer !== "acme" && !authority)',
      'if (desired.issuer === "" && !authority)',
    ],
    [
      "an expired certificate counts as valid",
      "if (notAfter <= now) problems.push",
      "if (notAfter <= notBefore) problems.push",
    ],
    ["a certificate with a foreign key counts as valid", 'problems.push("the key is not its key")', "problems.slice()"],
    ["a certificate of further names is published", "...others.map((name) => `it names ${name}`), ", ""],
    ["an authority is published as a certificate", 'if (certificate.ca) problems.push("it is an authority");', ""],
    [
      "a certificate below an ended one counts as valid",
      "if (endsFirst && endsFirst <= now)",
      "if (endsFirst && endsFirst === now)",
    ],
    [
      "a signature in the chain is not verified",
      "issuer.ca && certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)",
      "issuer.ca && certificate.checkIssued(issuer)",
    ],
    [
      "whoever signed is an authority",
      "issuer.ca && certificate.checkIssued(issuer)",
      "certificate.checkIssued(issuer)",
    ],
  ]),
  ...plantedIn("runtime/certificate-manager/keep-valid.ts", [
    [
      "what was issued is stored without a look",
      "if (problems.length > 0) throw new Error(`refused what was issued",
      "if (problems.length > 99) throw new Error(`refused what was issued",
    ],
    ["a run without the lease publishes", "await lease.check();\n", ""],
    ["a killed run is not counted as failed", "failures: before + 1,", "failures: before,"],
    ["a value that another run wrote is overwritten", ", status.stored?.version);", ", undefined);"],
  ]),
  ...plantedIn("runtime/certificate-manager/renewal.ts", [
    ["certificates are renewed in the last moment", "? 1 / 2 : 2 / 3", "? 99 / 100 : 99 / 100"],
    [
      "an issuer puts a renewal off beyond the certificate's end",
      "Math.min(suggested, emergency(lifetime).getTime())",
      "suggested",
    ],
  ]),
  ...plantedIn("runtime/certificate-manager/rollover.ts", [
    ["an authority signs before its peers trust it", "if (waitedMs < graceMs) return undefined;", ""],
    [
      "an authority signs before it is stored everywhere",
      'if (!settled) return set.readySince ? "unready" : undefined;',
      "",
    ],
    ["the old authority is forgotten at the switch", "current: set.next, previous: set.current", "current: set.next"],
    ["the next authority is not trusted yet", "[current, next, previous]", "[current, previous]"],
    ["the old authority is not trusted any more", "[current, next, previous]", "[current, next]"],
    [
      "an authority is replaced after it has ended",
      "set.current.arn === undefined && now >= renewalByLifetime(lifetime)",
      "set.current.arn === undefined && now >= lifetime.notAfter",
    ],
  ]),
  ...plantedIn("runtime/certificate-manager/issuers/private.ts", [
    ["an authority lives for a century", "5 * 365 * dayMs", "100 * 365 * dayMs"],
  ]),
  ...plantedIn("runtime/certificate-renewal/contract.ts", [
    ["the renewal job stops servers", '"$SYS.REQ.SERVER.*.RELOAD"', '"$SYS.REQ.SERVER.>"'],
  ]),
  ...plantedIn("runtime/certificate-renewal/decide.ts", [
    ["certificates are renewed when they have ended", "(until - from) / 3", "0"],
    [
      "a certificate of another authority is kept",
      'if (!leaf.checkIssued(signedBy) || !leaf.verify(signedBy.publicKey)) return "another authority signed it";',
      "",
    ],
    [
      "a certificate without its key is kept",
      'if (!leaf.checkPrivateKey(createPrivateKey(key))) return "its key belongs to another certificate";',
      "",
    ],
    [
      "a certificate of other uses is kept",
      'if (desired.usages.some((usage) => !leaf.keyUsage?.includes(usageIds[usage]))) return "it may be used otherwise";',
      "",
    ],
    ["ended authorities stay trusted", "Date.parse(validTo) > now.getTime()", 'validTo !== ""'],
    [
      "previous authorities are forgotten at once",
      "unionPem([...current, ...alive.map((certificate) => certificate.toString())])",
      "unionPem(alive.length > 99 ? [] : [...current])",
    ],
    [
      "authorities of other clusters stay trusted for ever",
      "trustedAuthorities(before[own] ?? before[all], current, now)",
      "trustedAuthorities(before[all], current, now)",
    ],
    [
      "a signature is served before peers know its authority",
      "return readPem(before).some(({ fingerprint256 }) => fingerprint256 === desired);",
      'return readPem(before).some(({ fingerprint256 }) => fingerprint256 !== "") || desired === "";',
    ],
  ]),
  ...plantedIn("runtime/certificate-renewal/renew.ts", [
    ["routes and leaf nodes trust the root", 'issuer === "internal" && root ? [signer, root]', "root ? [signer, root]"],
    [
      "a certificate is written before its authority",
      "if (changed) {\n    await secrets.write(authoritiesSecret, desired);",
      "if (!changed) {\n    await secrets.write(authoritiesSecret, desired);",
    ],
  ]),
  ...plantedIn("runtime/x509/authority.ts", [
    [
      "an authority makes further authorities",
      "new x509.BasicConstraintsExtension(true, 0, true)",
      "new x509.BasicConstraintsExtension(true, undefined, true)",
    ],
    [
      "a certificate is an authority",
      "new x509.BasicConstraintsExtension(false, undefined, true)",
      "new x509.BasicConstraintsExtension(true, undefined, true)",
    ],
    [
      "a certificate may be used for anything",
      "new x509.ExtendedKeyUsageExtension(props.usages.map((usage) => usages[usage])),",
      "",
    ],
    [
      "a certificate outlives its authority",
      "Math.min(props.now.getTime() + props.ttlMs, issuer.notAfter.getTime())",
      "props.now.getTime() + props.ttlMs",
    ],
    [
      "a certificate's key signs others",
      "x509.KeyUsageFlags.digitalSignature, true",
      "x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyCertSign, true",
    ],
  ]),
];
