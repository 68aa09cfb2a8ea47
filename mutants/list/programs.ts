import { plantedIn } from "../planted";

/** What programs are told, who is admitted, and where stacks keep their state. */
export const programs = [
  ...plantedIn("templates/callout-rules.ts", [
    [
      "users land in the system account",
      "identity.accounts.filter(({ name }) => isLandingAccount(identity, name))",
      "identity.accounts",
    ],
    ["an account's users are signed with a key that its JWT does not know", "signer: account.signingKey,", ""],
  ]),
  ...plantedIn("templates/backup-environment.ts", [
    [
      "backups that are to be encrypted are not",
      'backup.encrypt ? from("BACKUP_KEY", keys)',
      '!backup.encrypt ? from("BACKUP_KEY", keys)',
    ],
    [
      "backups are kept for a thousandth of their time",
      "Math.floor(scope.backup.retentionMs / 1000)",
      "Math.floor(scope.backup.retentionMs / 1e6)",
    ],
  ]),
  ...plantedIn("templates/stream-specs.ts", [
    ["a stream's data is deleted by its clients", "denyDelete: stream.denyDelete", "denyDelete: false"],
    ["a stream is emptied by its clients", "denyPurge: stream.denyPurge", "denyPurge: false"],
    ["streams have one copy", "replicas: stream.replicas,", "replicas: 1,"],
    ["streams lie in memory", "storage: stream.storage,", 'storage: "memory",'],
    ["a stream's place is anywhere", "placementTags: stream.placementTags", "placementTags: []"],
    ["streams of other accounts are made in this one", " && stream.account === account", ""],
  ]),
  ...plantedIn("admission/admit.ts", [
    ["lint's errors stop nobody", "findings: [...findings, ...trust.findings]", "findings: [...trust.findings]"],
    [
      "values that the chart ignores stop nobody",
      "[...(own.problems.length > 0 ? [own] : []), ...trust.problems]",
      "[...trust.problems]",
    ],
    [
      "a trust file that does not fit stops nobody",
      "[...(own.problems.length > 0 ? [own] : []), ...trust.problems]",
      "[...(own.problems.length > 0 ? [own] : [])]",
    ],
  ]),
  ...plantedIn("admission/trust-file.ts", [
    ["an environment is deployed with keys that nobody holds", '!trust || purpose === "deployment"', "!trust"],
    [
      "an environment is deployed without keys",
      '!trust || purpose === "deployment"',
      'trust !== undefined && purpose === "deployment"',
    ],
    ["an unreadable trust file stops nobody", "[...found.problems, ...(trust", "[...(trust"],
    [
      "nobody hears that a leaf's authority is unknown",
      'findings.push(...unknown.map((one) => warning("leaf-authority-unknown", file, one)));',
      "",
    ],
  ]),
  ...plantedIn("admission/verdict.ts", [
    ["an error of lint is admitted", '&& lint.findings.every(({ severity }) => severity !== "error")', ""],
    ["a problem of a file is admitted", "problems.length === 0 && ", ""],
  ]),
  ...plantedIn("stacks/load.ts", [
    [
      "CDKTF's own commands deploy what is not admitted",
      "refuseUnadmitted(admit({ environment, topology, purpose: purposeOf(settings), trust: found, today }));",
      "",
    ],
    ["CDKTF's own commands deploy example keys", 'emulatorEndpoint ? "emulation" : "deployment"', '"emulation"'],
    [
      "a real environment loses its protection against deletion",
      "{ ...read.value, deletionProtection: false } : read.value",
      "read.value : { ...read.value, deletionProtection: false }",
    ],
    [
      "files that nobody reads stop nobody",
      "errors.push(...strays.map(({ file, problems }) => new ConfigError(file, problems)));",
      "",
    ],
  ]),
  ...plantedIn("stacks/index.ts", [["all stacks are applied at once", "made.addDependency(before);", ""]]),
  ...plantedIn("stacks/aws-foundation.ts", [
    [
      "the emulator's exception to TLS holds everywhere",
      "tlsOnly: settings.emulatorEndpoint === undefined",
      "tlsOnly: false",
    ],
    [
      "logs are encrypted with AWS's own key",
      "retentionInDays: environment.logRetentionDays,\n        kmsKeyId: key.arn,",
      "retentionInDays: environment.logRetentionDays,",
    ],
    ["logs are kept for ever", "retentionInDays: environment.logRetentionDays,", ""],
  ]),
  ...plantedIn("artifacts/backend-config.ts", [
    ["Terraform's state is not encrypted", "encrypt: true", "encrypt: false"],
    ["two deployments write one state", "use_lockfile: true", "use_lockfile: false"],
    [
      "the emulator's state lies with the real ones",
      "join(emulatorStates, `terraform.${stack}.tfstate`)",
      "join(root, `terraform.${stack}.tfstate`)",
    ],
  ]),
  ...plantedIn("modules/terraform/json.ts", [
    ["text becomes syntax of Terraform", 'text.replace(/([$%])\\{/g, "$1$1{")', "text"],
  ]),
  ...plantedIn("modules/terraform/context.ts", [
    [
      "an app of one's own takes a trust file that does not fit",
      "if (unfit.length > 0) throw new ConfigError(file, unfit);",
      "",
    ],
  ]),
];
