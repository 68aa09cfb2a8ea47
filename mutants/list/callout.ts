import { plantedIn } from "../planted";

/** Who is let in, as whom, and with which rights. */
export const callout = [
  ...plantedIn("runtime/auth-callout/answers.ts", [
    [
      "a service answers into the inboxes of services that may not ask it",
      "deny: belowRoots(rules, others)",
      "deny: []",
    ],
    [
      "a user answers services that may not ask it",
      "servicesOf(rules, account, granted).filter(({ asks }) => asks)",
      "servicesOf(rules, account, granted)",
    ],
    ["a service answers services of other accounts", ".filter(([, service]) => service.account === account)", ""],
  ]),
  ...plantedIn("runtime/auth-callout/claims.ts", [
    [
      "a number that JSON cannot carry stands for another user",
      'if (typeof value === "number" && Math.abs(value) > Number.MAX_SAFE_INTEGER) return false;',
      "",
    ],
    [
      "a claim is inherited from objects",
      "isRecord(value) && Object.hasOwn(value, key) ? value[key]",
      "isRecord(value) ? value[key]",
    ],
    ["a part of a word counts as the word", 'value.split(" ")', "value.split(/[ _:-]/)"],
  ]),
  ...plantedIn("runtime/auth-callout/contract.ts", [
    [
      "every responder hears every credential",
      "`${AUTH_REQUEST_SUBJECT} ${RESPONDER_QUEUE_GROUP}`",
      "AUTH_REQUEST_SUBJECT",
    ],
    ["the responder publishes to every subject of the system", '"$SYS._INBOX.>"', '"$SYS.>"'],
    [
      "the responder's user forges servers",
      "`${PROBE_SUBJECT_PREFIX}.>`] },\n  subscribe",
      "`${PROBE_SUBJECT_PREFIX}.>`, `${SERVERS_ANSWER_PREFIX}.>`] },\n  subscribe",
    ],
  ]),
  ...plantedIn("runtime/auth-callout/leaf-certificate.ts", [
    ["a certificate that the hub's authority signed is every leaf's", " && namesOf(own).includes(name)", ""],
    ["a partner's own authority signs for the others", "!others.includes(root.fingerprint256) && ", ""],
    ["a chain without an authority counts", "if (chain.length < 2) return [];", ""],
    ["a part of a name counts as the name", "namesOf(own).includes(name)", "namesOf(own).join().includes(name)"],
  ]),
  ...plantedIn("templates/callout-rules.ts", [
    [
      "the authorities of other leafs are not told apart",
      "const others = signedBy(...rest)",
      "const others = signedBy()",
    ],
    ["the hub's own authority is a leaf's", "own.filter((one) => !signedBy(hub).includes(one))", "own"],
  ]),
  ...plantedIn("templates/nats-conf/identity.ts", [
    [
      "servers let a leaf in whose certificate the callout judges",
      ".filter(({ certificateOf }) => certificateOf === undefined)",
      "",
    ],
  ]),
  ...plantedIn("model/topology/identity.ts", [
    [
      "servers of an operator let a leaf in whose certificate the callout judges",
      "{ ...user, account: calloutAccount,",
      "{ ...user,",
    ],
  ]),
  ...plantedIn("runtime/auth-callout/decision.ts", [
    [
      "leaf nodes and MQTT log in with tokens",
      'if (client.kind !== "Client" || !["nats", "websocket"].includes(client.type))',
      'if (client.kind === "")',
    ],
    [
      "a service need not sign",
      'if (!isSigned(nkey, signature, nonce)) throw new Denial("nkey_signature", service.name);',
      "",
    ],
    [
      "a leaf need not sign",
      'if (!isSigned(nkey, sig, client.nonce)) throw new Denial("nkey_signature", leaf.name);',
      "",
    ],
    ["a signature over nothing is a proof", 'nonce !== "" && ', ""],
    [
      "a link outlives its certificate",
      "Math.min(certificateEndsAt, now + rules.maxLifetimeSeconds)",
      "now + rules.maxLifetimeSeconds",
    ],
    [
      "a link of a partner that is taken out stays",
      "Math.min(certificateEndsAt, now + rules.maxLifetimeSeconds)",
      "certificateEndsAt",
    ],
    [
      "a leaf comes with any certificate",
      "certificateEnd(chains, leaf.certificate);",
      "certificateEnd(chains, leaf.certificate) ?? now + 60;",
    ],
    [
      "connections outlive the longest lifetime",
      "expiresAt: Math.min(tokenEnd, now + rules.maxLifetimeSeconds)",
      "expiresAt: tokenEnd",
    ],
    [
      "connections outlive their token",
      "expiresAt: Math.min(tokenEnd, now + rules.maxLifetimeSeconds)",
      "expiresAt: now + rules.maxLifetimeSeconds",
    ],
    [
      "a service is never asked again",
      "service), expiresAt: now + rules.maxLifetimeSeconds",
      "service), expiresAt: now + 10 * 365 * 86_400",
    ],
    [
      "a service may be called like a property of objects",
      "Object.hasOwn(rules.services, nkey) ? rules.services[nkey] : undefined",
      "rules.services[nkey]",
    ],
  ]),
  ...plantedIn("runtime/auth-callout/env.ts", [
    [
      "the issuer is asked in clear",
      "if (problem !== undefined) context.addIssue",
      "if (problem === null) context.addIssue",
    ],
  ]),
  ...plantedIn("runtime/auth-callout/expand.ts", [
    [
      "a rounded number stands for another user",
      'if (typeof value !== "string" && !Number.isSafeInteger(value)) return undefined;',
      'if (typeof value !== "string" && typeof value !== "number") return undefined;',
    ],
    ["claims are pasted into subjects as they are", "return encodeIdentity(String(value));", "return String(value);"],
  ]),
  ...plantedIn("runtime/auth-callout/handler.ts", [
    [
      "requests of servers that nobody knows are answered",
      'throw new Refusal("unknown_server");',
      "console.debug(request.server.id);",
    ],
  ]),
  ...plantedIn("runtime/auth-callout/https-get.ts", [
    ["keys are read in clear from anywhere", '(url.protocol === "http:" && isLoopback)', 'url.protocol === "http:"'],
    [
      "an endless key set fills the memory",
      "if (bytes > maxBytes) throw new Error(`more than ${maxBytes} bytes`);",
      "",
    ],
    ["an error page is taken for keys", "if (response.statusCode !== 200)", "if (response.statusCode === 500)"],
  ]),
  ...plantedIn("runtime/auth-callout/jwks.ts", [
    ["tokens may be signed with a weak RSA key", "modulusLength >= MIN_RSA_BITS && ", ""],
    ["tokens may be signed with a weak exponent", " && publicExponent >= MIN_RSA_EXPONENT", ""],
    ["keys for encryption verify", 'if (use !== undefined && use !== "sig") return undefined;', ""],
    [
      "keys for other operations verify",
      'if (Array.isArray(operations) && !operations.includes("verify")) return undefined;',
      "",
    ],
    [
      "keys of other algorithms verify",
      "if (alg !== undefined && !algorithms.some((algorithm) => algorithm === alg)) return undefined;",
      "",
    ],
    ["of two keys with one id the last one counts", " && isUnique(jwk.kid)", ""],
  ]),
  ...plantedIn("runtime/auth-callout/request.ts", [
    [
      "requests that nobody sealed are opened by their header",
      'if (server.xkey !== senderXkey) throw new Refusal("xkey_mismatch");',
      "",
    ],
    ["old requests are answered", 'if (!(data.exp > now - policy.clockSkewSeconds)) throw new Refusal("expired");', ""],
    ["a server signs for another one", 'if (data.iss !== server.id) throw new Refusal("bad_server");', ""],
    ["any JWT of a server is a request", 'if (data.aud !== REQUEST_AUDIENCE) throw new Refusal("bad_audience");', ""],
    ["an answer is for whatever key a request names", '.refine((key) => isPublicKey("U", key))', ""],
  ]),
  ...plantedIn("runtime/auth-callout/rules.ts", [
    [
      "rules place users in the system account",
      'const RESERVED_ACCOUNTS = ["SYS", "AUTH", "$SYS", "$G"];',
      'const RESERVED_ACCOUNTS = ["AUTH"];',
    ],
    ["rules grant subjects of servers and JetStream", "if (reserved !== undefined)", "if (reserved === null)"],
    ["rules name accounts that are not there", "if (!Object.hasOwn(accounts, account))", 'if (account === "")'],
    ["a service's subject is a template", "if (hasPlaceholder(template))", 'if (template === "")'],
    [
      "a condition that says nothing holds",
      "({ equals, includes }) => equals !== undefined || includes !== undefined",
      "() => true",
    ],
    [
      "a user publishes by a grant for subscriptions alone",
      "subscribe: z.strictObject({ allow: z.array(allowed)",
      "subscribe: z.strictObject({ allow: z.array(subject)",
    ],
  ]),
  ...plantedIn("runtime/auth-callout/seats.ts", [
    ["a responder leaves a server before another one knows it", "await seat.responder.subscribed();", ""],
    ["a responder moves to the server that ends", "!this.#leaving.has(server) && ", ""],
    ["a responder stays at a server that ends", 'type === "ldm" && ', 'type === "error" && '],
  ]),
  ...plantedIn("runtime/nkeys/nkey.ts", [
    [
      "a key of one kind passes for another",
      "raw?.[0] === kindByte(kind) ? raw.subarray(1) : undefined",
      "raw?.subarray(1)",
    ],
    ["a key with a wrong checksum is taken", " && crc16(body) === raw.readUInt16LE(body.length)", ""],
    [
      "a signature is not verified",
      "signature.length === 64 && verify(null, Buffer.from(data), key, signature)",
      "signature.length === 64",
    ],
    [
      "a signature of another kind of key counts",
      "publicKey.startsWith(kind) ? keyObject(publicKey) : undefined",
      "keyObject(publicKey)",
    ],
  ]),
  ...plantedIn("runtime/nkeys/nats-jwt.ts", [
    ["a NATS JWT of any algorithm is read", 'alg !== "ed25519-nkey" || ', ""],
    [
      "a NATS JWT is not verified",
      'if (!verifySignature(issuerKind, iss, `${header}.${payload}`, Buffer.from(signature, "base64url")))',
      "if (signature.length === 0)",
    ],
  ]),
];
