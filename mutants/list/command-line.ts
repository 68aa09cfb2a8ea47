import { plantedIn } from "../planted";

/** Keys, secrets and gates of the command line, of the twin and of the emulated AWS. */
export const commandLine = [
  ...plantedIn("artifacts/files.ts", [
    ["everybody reads secrets", "privateFile = 0o600", "privateFile = 0o644"],
    ["everybody lists folders of secrets", "privateFolder = 0o700", "privateFolder = 0o755"],
    ["folders of secrets are open", "mode === privateFile ? privateFolder : 0o755", "0o755"],
    [
      "a reader finds half of a file",
      "writeDurably(temporary, content, mode);\n    renameDurably(temporary, path);",
      "rmSync(path, { force: true });\n    writeDurably(path, content, mode);",
    ],
    ["what a killed run wrote is never synced", "    syncFolder(dirname(path));\n", ""],
  ]),
  ...plantedIn("cli/keys/store.ts", [
    ["a folder of keys stays open to others", "chmodSync(this.folder, privateFolder);", ""],
    [
      "everybody reads a key",
      "writeFileAtomically(this.path(name), `${value}\\n`, privateFile)",
      "writeFileAtomically(this.path(name), `${value}\\n`)",
    ],
  ]),
  ...plantedIn("cli/keys/complete.ts", [
    ["a lost key is made anew", "if (lost.length > 0) {", "if (lost.length > 99) {"],
  ]),
  ...plantedIn("cli/keys/trusted-keys.ts", [
    ["a lost backup key is made anew", "trust.backupKey === undefined ? []", 'trust.backupKey !== "" ? []'],
  ]),
  ...plantedIn("cli/keys/export/plan-import.ts", [
    ["an import overwrites another key", "other === undefined || mayReplace", "other !== trusted || mayReplace"],
    ["an import takes keys from before a rotation", "if (half !== trusted)", 'if (half === "")'],
    [
      "an import takes the keys of another environment",
      "exported.environment !== trust.environment",
      'trust.environment === ""',
    ],
    ["an import drops older backup keys", "return all === there.trim()", "return first === there.trim()"],
  ]),
  ...plantedIn("cli/keys/export/commands.ts", [
    ["everybody reads an export", "writeFileAtomically(out, file, privateFile)", "writeFileAtomically(out, file)"],
    ["an export is overwritten", "if (existsSync(out))", 'if (out === "")'],
    ["an import writes the half of what it may", "if (problems.length > 0)", "if (problems.length > 99)"],
  ]),
  ...plantedIn("cli/keys/buffered-store.ts", [
    ["a refused run has written keys", "this.#written.set(name, value);", "await this.store.write(name, value);"],
  ]),
  ...plantedIn("cli/keys/intact.ts", [
    ["a damaged key is taken for one", "if (isWhole(name, value)) return value;", "if (value !== name) return value;"],
  ]),
  ...plantedIn("cli/core/processes.ts", [
    [
      "a server whose record is lost is not seen",
      "const pid = processWithArguments(folder.lastArguments);",
      "const pid = undefined as number | undefined;",
    ],
    [
      "a process of another boot is taken for one's own",
      "boot === undefined || current === undefined || boot === current",
      "boot === undefined || current === undefined || boot !== current || boot === current",
    ],
    ["what is started is recorded without its boot", ", boot: bootId() }", " }"],
  ]),
  ...plantedIn("cli/emulator/start.ts", [
    ["a group of somebody else's is killed after a boot", "recorded && isOfThisBoot(recorded)", "recorded"],
  ]),
  ...plantedIn("cli/keys/key-name.ts", [["a key's name leads to another file", "/^[A-Za-z0-9_-]+$/", "/^.+$/"]]),
  ...plantedIn("cli/keys/backup-key.ts", [
    ["a rotation loses the key of older backups", "`${newKey()}\\n${old}`.trim()", "`${newKey()}`.trim() || old"],
    ["a key of backups is replaced", "=== undefined) await store.write", "!== null) await store.write"],
    ["a key of backups is short", "randomBytes(32)", "randomBytes(8)"],
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
    [
      "an account's users of other clusters are admitted",
      "if (keys.refused.length > 0)",
      "if (keys.refused.length < 0)",
    ],
    ["the sentinel publishes", 'bearer_token: true,\n      pub: { deny: [">"] },', "bearer_token: true,"],
    ["the sentinel hears everything", 'sub: { deny: [">"] },', ""],
    [
      "an account's storage has no limits",
      "disk_storage: limits.maxFileBytes ?? unlimited,",
      "disk_storage: unlimited,",
    ],
  ]),
  ...plantedIn("cli/keys/operator-trust.ts", [
    [
      "users whose rotation is finished are admitted",
      "const revoked = revokedUsers(trust, previous);",
      "const revoked: string[] = [];",
    ],
    ["a cluster admits the users of another", "[...usersOfOthers(topology, sets, set), ...revoked]", "revoked"],
  ]),
  ...plantedIn("cli/leaf/write.ts", [
    [
      "everybody reads a leaf's credentials",
      "writeFileAtomically(join(folder, file), content, privateFile)",
      "writeFileAtomically(join(folder, file), content)",
    ],
  ]),
  ...plantedIn("cli/deploy/approval.ts", [
    ["a plan that nobody approved is applied", "if (beyond.length === 0) return;", "if (beyond.length >= 0) return;"],
    ["a review of another revision approves", "head.commit !== now.commit", "head.commit === undefined"],
    [
      "a report of another digest approves",
      "digest !== undefined && digest !== found",
      "digest === undefined && digest !== found",
    ],
    [
      "files that are in no revision are deployed with an approval",
      "...(now?.changed ?",
      "...(now?.commit === undefined ?",
    ],
  ]),
  ...plantedIn("model/review/approval.ts", [
    [
      "a stack that nobody saw a plan of is applied",
      "if (approved.missing !== undefined) return",
      'if (approved.missing === "") return',
    ],
    [
      "another value than the approved one is applied",
      "return paths.length === 0 ? []",
      "return paths.length >= 0 ? []",
    ],
    [
      "a value that no report shows is another one",
      "(path) => then[path] !== now[path] &&",
      "(path) => now[path] === undefined &&",
    ],
  ]),
  ...plantedIn("cli/review/base-revision.ts", [
    [
      "a cache in the repository, which a change may have brought, says what the base is",
      "startsWith(`${realPath(top)}${sep}`)",
      "endsWith(`${realPath(top)}${sep}`)",
    ],
  ]),
  ...plantedIn("cli/review/installed-packages.ts", [
    [
      "packages of another content read a stranger's change",
      "known.integrity === one.integrity",
      "known.integrity !== undefined",
    ],
    [
      "packages that nobody can compare read a stranger's change",
      "if (!installed || !old)",
      "if (!installed || !old) return [];\n    if (!installed || !old)",
    ],
  ]),
  ...plantedIn("cli/core/admission-gate.ts", [
    [
      "what is not admitted is deployed",
      "if (isAdmitted(verdict)) return undefined;",
      "if (isAdmitted(verdict) || verdict.environment) return undefined;",
    ],
  ]),
  ...plantedIn("cli/emulator/endpoint.ts", [
    ["the emulated AWS listens to the network", 'server.listen(0, "127.0.0.1");', "server.listen(0);"],
  ]),
];
