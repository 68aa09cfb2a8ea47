import { plantedIn } from "../planted";

/** Programs that issue, renew, fetch and load certificates. */
export const certificates = [
  ...plantedIn("runtime/certificate-agent/atomic.ts", [
    [
      "a reader finds half of a file",
      "writeDurably(half, content, mode);\n  renameDurably(half, path);",
      "writeDurably(path, content, mode);",
    ],
    [
      "a link is gone for a moment",
      "symlinkSync(target, half);\n  renameDurably(half, path);",
      "rmSync(path, { force: true });\n  symlinkSync(target, path);",
    ],
  ]),
  ...plantedIn("runtime/common/durable-files.ts", [
    ["a power cut leaves an empty file", "fsyncSync(file);", ""],
    ["the umask decides who reads a secret", "fchmodSync(file, mode);", ""],
    ["a power cut takes a new name back", "syncFolder(dirname(to));", ""],
    ["a power cut takes a new folder", "    syncFolder(dirname(at));\n", ""],
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
      "a certificate of another authority is served",
      'if (anchors.length === 0) problems.push("none of the authorities signed it");',
      "if (anchors.length === 0) return problems;",
    ],
  ]),
  ...plantedIn("runtime/certificate-renewal/decide.ts", [
    ["certificates are renewed when they have ended", "(until - from) / 3", "0"],
    [
      "a certificate of another authority is kept",
      'if (!isSignedBy(cert, authority)) return "another authority signed it";',
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
      "a signature is served before peers know its authority",
      "const isSpread = spread >= spreadsMs;",
      "const isSpread = spread >= 0 || spreadsMs < 0;",
    ],
    ["another authority signs unproven", 'isLoadable ? "prove" : "sign"', 'isLoadable ? "sign" : "sign"'],
  ]),
  ...plantedIn("runtime/certificate-manager/rollover.ts", [
    ["on AWS another authority signs unproven", '(step === "switch" &&', '(step === "introduce" &&'],
    ["on AWS an authority goes while servers need it", 'step === "retire" ||', ""],
  ]),
  ...plantedIn("runtime/certificate-manager/proof.ts", [
    [
      "an agent that says nothing has loaded everything",
      "if (!runs) return [`${server} (its agent says nothing)`];",
      "if (!runs) return [];",
    ],
  ]),
  ...plantedIn("runtime/certificate-renewal/renew.ts", [
    [
      "what servers refuse is served",
      "if (listeners.length === 0) return pair;",
      "if (listeners.length >= 0) return pair;",
    ],
  ]),
];
