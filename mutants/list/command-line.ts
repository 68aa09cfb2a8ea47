import { plantedIn } from "../planted";

/** Keys, secrets and gates of the command line, of the twin and of the emulated AWS. */
export const commandLine = [
  ...plantedIn("artifacts/files.ts", [
    ["everybody reads secrets", "privateFile = 0o600", "privateFile = 0o644"],
    ["everybody lists folders of secrets", "privateFolder = 0o700", "privateFolder = 0o755"],
    ["the umask decides who reads a secret", "chmodSync(temporary, mode);", ""],
    ["folders of secrets are open", "mode: mode === privateFile ? privateFolder : 0o755", "mode: 0o755"],
    ["a reader finds half of a file", "renameSync(temporary, path);", "writeFileSync(path, content, { mode });"],
  ]),
  ...plantedIn("cli/keys/store.ts", [
    ["a folder of keys stays open to others", "chmodSync(this.folder, privateFolder);", ""],
    [
      "everybody reads a key",
      "writeFileAtomically(this.path(name), `${value}\\n`, privateFile)",
      "writeFileAtomically(this.path(name), `${value}\\n`)",
    ],
  ]),
  ...plantedIn("cli/keys/key-name.ts", [["a key's name leads to another file", "/^[A-Za-z0-9_-]+$/", "/^.+$/"]]),
  ...plantedIn("cli/keys/backup-key.ts", [
    ["a rotation loses the key of older backups", "`${newKey()}\\n${old}`.trim()", "`${newKey()}`.trim() || old"],
    ["a key of backups is replaced", "=== undefined) await store.write", "!== null) await store.write"],
    ["a key of backups is short", "randomBytes(32)", "randomBytes(8)"],
  ]),
  ...plantedIn("cli/keys/commands.ts", [
    [
      "new keys lock everybody out",
      "if (previous && !previous.example && (await store.list()).length === 0)",
      "if (previous && !previous.example && (await store.list()).length < 0)",
    ],
    [
      "a trust file of other keys is overwritten",
      "if (previous && !previous.example) await refuseOtherKeys(topology, previous, store);",
      "",
    ],
    [
      "a deployment's trust file becomes an example",
      "if (existsSync(path) && !loadTrust(path, root).example)",
      'if (existsSync(path) && path === "")',
    ],
    ["an imported operator's keys are rotated", "if (previous.imported)", 'if (previous.environment === "")'],
    ["keys that no server knows are pushed", "if (trust) await refuseOtherKeys(topology, trust, store);", ""],
  ]),
  ...plantedIn("cli/keys/creds.ts", [
    ["creds publish to every subject", "pub: { ...user.permissions?.publish },", ""],
    ["creds hear every subject", "sub: { ...user.permissions?.subscribe },", ""],
    ["creds log in over any kind of connection", "allowed_connection_types: user.connections,", ""],
    [
      "creds keep rights that were taken away",
      "isDeepStrictEqual(undated(a.nats), undated(b.nats))",
      "a.iat === a.iat",
    ],
  ]),
  ...plantedIn("cli/keys/operator-jwts.ts", [
    ["the callout places users in every account", ".filter(({ name }) => isLandingAccount(identity, name))", ""],
    ["the callout's requests go unsealed", "xkey: keys.xkey.getPublicKey(),", ""],
    ["the sentinel publishes", 'bearer_token: true,\n      pub: { deny: [">"] },', "bearer_token: true,"],
    ["the sentinel hears everything", 'sub: { deny: [">"] },', ""],
    [
      "an account's storage has no limits",
      "disk_storage: limits.maxFileBytes ?? unlimited,",
      "disk_storage: unlimited,",
    ],
  ]),
  ...plantedIn("cli/keys/imported-trust.ts", [
    ["the sentinel of an imported operator publishes", 'pub: { deny: [">"] },', ""],
    [
      "creds that the operator's owners signed are replaced",
      "if (stored && isForeign(stored, pair?.getPublicKey(), keys)) continue;",
      "",
    ],
  ]),
  ...plantedIn("cli/keys/import/check.ts", [
    [
      "an operator that has ended is imported",
      "...(hasEnded(operator, now) ?",
      '...(hasEnded(operator, now) && operator.sub === "" ?',
    ],
    [
      "an operator that signed itself with another key is imported",
      "...(operator.iss !== operator.sub",
      '...(operator.iss === ""',
    ],
  ]),
  ...plantedIn("cli/keys/import/check-accounts.ts", [
    ["an account of another operator is imported", "if (!signers.includes(account.iss))", "if (signers.length === 0)"],
    ["a callout without natsform's seal is imported", "...(xkey === own.xkey\n", '...(xkey !== ""\n'],
  ]),
  ...plantedIn("cli/keys/push.ts", [
    ["a deployment runs without some of its keys", "if (missing.length > 0)\n", "if (missing.length > 99)\n"],
  ]),
  ...plantedIn("cli/keys/rotate.ts", [
    ["a rotation loses keys that are still in use", "if (open !== undefined)\n", 'if (open === "")\n'],
    ["a rotation that is cut off loses the old key", "await store.write(previousOf(name), current);", ""],
    [
      "a rotation begins with keys that no server knows",
      "if (otherKeys(trust, asBefore(topology, held)).length > 0)",
      "if (held.size < 0)",
    ],
    [
      "a rotation is finished with keys that no server knows",
      "if (others.length > 0) throw otherKeysError(topology, trust, store, others);",
      "",
    ],
    ["old keys are never removed", "for (const name of old) await store.remove(previousOf(name));", ""],
  ]),
  ...plantedIn("cli/keys/secrets-manager.ts", [
    [
      "a secret is made that Terraform does not know",
      'if (this.containers === "existing") {',
      'if (this.prefix === "") {',
    ],
    ["a key that was rotated out can be restored", "ForceDeleteWithoutRecovery: true", "RecoveryWindowInDays: 30"],
  ]),
  ...plantedIn("cli/keys/kubernetes-secret.ts", [
    [
      "values of a Secret stand in arguments",
      '["replace", "--filename", "-"], JSON.stringify(changed)',
      '["replace", "--from-literal", JSON.stringify(changed)]',
    ],
    [
      "of two writes to a Secret one is lost",
      "const changed = { ...object, data: { ...object.data, ...data } };",
      "const changed = { ...object, data };",
    ],
  ]),
  ...plantedIn("cli/keys/vault-kv.ts", [
    [
      "a key that was rotated out can be read",
      'await this.call("DELETE", "metadata", name);',
      'await this.call("DELETE", "data", name);',
    ],
    ["keys of all namespaces are one", '...(VAULT_NAMESPACE && { "x-vault-namespace": VAULT_NAMESPACE }),', ""],
  ]),
  ...plantedIn("cli/keys/leaf-authority.ts", [
    ["any certificate is an authority", "if (!certificate.ca)", 'if (certificate.subject === "")'],
    ["an authority that has ended is trusted", "if (new Date(certificate.validTo) <= now)", "if (now.getTime() === 0)"],
    [
      "authorities of peers are taken for the cluster's own",
      'data["own-leafnodes.crt"] || data[authorityKey("leafnodes")]',
      'data[authorityKey("leafnodes")] || data["own-leafnodes.crt"]',
    ],
  ]),
  ...plantedIn("cli/keys/trusted-keys.ts", [
    ["other keys than the trust file's are used", "if (others.length > 0) throw", "if (others.length > 99) throw"],
  ]),
  ...plantedIn("cli/leaf/write.ts", [
    [
      "everybody reads a leaf's credentials",
      "writeFileAtomically(join(folder, file), content, privateFile)",
      "writeFileAtomically(join(folder, file), content)",
    ],
  ]),
  ...plantedIn("cli/core/lock.ts", [
    ["two commands change one deployment", "if (owner && isRunning(owner)) throw busy(owner.pid);", ""],
    ["a killed command locks an environment for ever", "removeStale(path, found);", ""],
  ]),
  ...plantedIn("cli/core/admission-gate.ts", [
    [
      "what is not admitted is deployed",
      "if (isAdmitted(verdict)) return undefined;",
      "if (isAdmitted(verdict) || verdict.environment) return undefined;",
    ],
  ]),
  ...plantedIn("cli/deploy/destroy.ts", [
    [
      "a protected environment is removed",
      "if (deletionProtection && !target.emulator)",
      "if (deletionProtection && target.emulator)",
    ],
    [
      "an environment is removed without a question",
      "if (!target.emulator)\n    await confirmed",
      "if (target.emulator)\n    await confirmed",
    ],
  ]),
  ...plantedIn("cli/deploy/rotation-step.ts", [
    [
      "servers are changed before responders have the new keys",
      '? "start" : "finished-before"',
      '? "nothing" : "finished-before"',
    ],
    [
      "an old responder is left with keys that servers drop",
      'return trust.previous ? "refuse" : "nothing";',
      'return "nothing";',
    ],
  ]),
  ...plantedIn("cli/deploy/plan.ts", [
    ["sensitive outputs are shown", "sensitive ? [] : [[name, value]]", "[[name, value]]"],
    [
      "differences of the emulator are hidden everywhere",
      "target.emulator ? changes.filter(isKnownDifference) : []",
      "changes.filter(isKnownDifference)",
    ],
  ]),
  ...plantedIn("cli/deploy/preflight/vault.ts", [
    [
      "Vault is asked without a look at its certificate",
      '/^(1|true)$/i.test(env.VAULT_SKIP_VERIFY ?? "") && { rejectUnauthorized: false }',
      "{ rejectUnauthorized: false }",
    ],
    ["a sealed Vault is ready", "ok: initialized && !sealed", "ok: initialized"],
  ]),
  ...plantedIn("cli/deploy/preflight/keys.ts", [
    [
      "a deployment begins with other keys than the trust file's",
      "if (missing.length === 0) await refuseOthers(root, topology, store);",
      "",
    ],
    ["a deployment begins without some of its keys", "ok: missing.length === 0,", "ok: values.length > 0,"],
  ]),
  ...plantedIn("cli/core/judge-servers.ts", [
    ["a server of another version counts as right", "varz.version === version && ", ""],
    [
      "a route to a stranger counts as right",
      "const unexpected = peers.filter((peer) => !desired.includes(peer));",
      "const unexpected = peers.filter(() => false);",
    ],
    ["servers without a leader count as a quorum", 'leaders[0] !== "none" &&', ""],
    ["followers that are behind count as current", "current === servers.length - 1;", "current >= 0;"],
  ]),
  ...plantedIn("cli/core/judge-streams.ts", [
    ["a stream with too few replicas counts as whole", "current.length === desired - 1", "current.length >= 0"],
    [
      "a misplaced stream counts as placed",
      "placementTags.some((tag) => !tags.includes(tag))",
      'placementTags.some((tag) => tag === "" && tags.length > 0)',
    ],
  ]),
  ...plantedIn("cli/emulator/endpoint.ts", [
    ["the emulated AWS listens to the network", 'server.listen(0, "127.0.0.1");', "server.listen(0);"],
  ]),
  ...plantedIn("cli/twin/certificates.ts", [
    [
      "everybody reads the keys of a twin",
      "writeFileAtomically(files.key, pair.key, privateFile);",
      "writeFileAtomically(files.key, pair.key);",
    ],
  ]),
  ...plantedIn("cli/twin/issuer.ts", [
    [
      "everybody mints tokens of a twin",
      "writeFileAtomically(path, `${JSON.stringify(jwk)}\\n`, privateFile);",
      "writeFileAtomically(path, `${JSON.stringify(jwk)}\\n`);",
    ],
  ]),
  ...plantedIn("cli/twin/nats-contexts.ts", [
    ["everybody reads a context with its login", "null, 2)}\\n`, privateFile)", "null, 2)}\\n`)"],
  ]),
];
