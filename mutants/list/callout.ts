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
  ...plantedIn("runtime/auth-callout/decision.ts", [
    [
      "leaf nodes and MQTT log in with tokens",
      'if (client.kind !== "Client" || !["nats", "websocket"].includes(client.type))',
      'if (client.kind === "")',
    ],
    [
      "a service need not sign",
      'if (nonce === "" || !verifySignature("U", nkey, nonce, Buffer.from(signature, "base64")))',
      'if (nonce === "")',
    ],
    ["a signature over nothing is a proof", 'nonce === "" || ', ""],
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
    ["clocks may differ by days", 'integer("seconds", 0, 300)', 'integer("seconds", 0, 300_000)'],
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
    [
      "a login loads any number of subjects",
      "if (subjects.length * texts.length > MAX_SUBJECTS) return { missing };",
      "",
    ],
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
    [
      "an issuer that hangs keeps logins waiting",
      "const signal = AbortSignal.timeout(timeoutMs);",
      "const signal = AbortSignal.timeout(timeoutMs * 1000);",
    ],
    [
      "the issuer's own authorities are not looked at",
      "...(ca !== undefined && { ca })",
      "...(ca !== undefined && { rejectUnauthorized: false })",
    ],
  ]),
  ...plantedIn("runtime/auth-callout/issuers.ts", [
    [
      "any addressee is answered in operator mode",
      "addressee === calloutAccount ? current : undefined",
      'addressee !== "" ? current : undefined',
    ],
    [
      "a missing signer shows only at the first login",
      "if (keyless.length > 0) throw",
      "if (keyless.length > 99) throw",
    ],
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
    ["a key set of any length is read", "if (keys.length > MAX_KEYS) throw", "if (keys.length > 1e9) throw"],
    ["a key is not bound to its algorithm", '...(typeof alg === "string" && { algorithm: alg })', ""],
  ]),
  ...plantedIn("runtime/auth-callout/key-store.ts", [
    [
      "withdrawn keys verify for ever",
      "this.#options.now() - this.#loadedAt <= this.#options.staleMs",
      "this.#loadedAt <= this.#options.now()",
    ],
    [
      "tokens with unknown keys have the issuer asked each time",
      "if (!this.#loading && this.#options.now() >= this.#nextLoadAt)",
      "if (!this.#loading)",
    ],
    ["keys are kept for a day while the issuer is down", "staleMs: 3_600_000", "staleMs: 86_400_000"],
  ]),
  ...plantedIn("runtime/auth-callout/known-servers.ts", [
    [
      "a server is known for ever",
      "if (now() - seenAt > forgetMs) this.#seenAt.delete(id);",
      "if (now() - seenAt > forgetMs) continue;",
    ],
    ["an answer that names no server makes one known", '.refine((id) => isPublicKey("N", id))', ""],
    [
      "invented servers have all servers asked each time",
      "if (now() - this.#requestedAt >= cooldownMs) this.#request();",
      "this.#request();",
    ],
  ]),
  ...plantedIn("runtime/auth-callout/log-outcome.ts", [
    ["a client fills the log with its name", "name: name.slice(0, 64)", "name"],
  ]),
  ...plantedIn("runtime/auth-callout/permissions.ts", [
    ["a rule widens when its exception cannot be stated", "if (denied.missing.length === 0) for", "for"],
    [
      "who may publish nothing may publish everything",
      'allow.length === 0 ? { allow, deny: [">"] } : { allow, deny }',
      "({ allow, deny })",
    ],
    ["rules of other accounts add up", "applies[index] && rule.account === account", "applies[index]"],
    ["one condition of several is enough", "when.every((condition)", "when.some((condition)"],
    ["users hear every inbox", "...belowRoots(rules, [`${inboxPrefix(claims.sub)}.>`])", '"_INBOX.>"'],
    [
      "services hear every inbox",
      "subscribe: { allow: [...subscribe.allow, ...inboxes]",
      'subscribe: { allow: [...subscribe.allow, "_INBOX.>"]',
    ],
    [
      "a service answers on any subject",
      'allowResponses === "any-subject" && { responses: RESPONSES }',
      "allowResponses && { responses: RESPONSES }",
    ],
    ["a user's deny is forgotten", "for (const subject of denied.subjects) deny.add(subject);", ""],
    [
      "lists of subjects keep a server from getting an answer",
      "if (length(publish) + length(subscribe) > MAX_SUBJECT_BYTES)",
      "if (length(publish) + length(subscribe) < 0)",
    ],
    ["what a service must not publish is forgotten", "deny: publish.deny ?? [] };", "deny: [] };"],
    ["any number of answers may be given", "const RESPONSES = { max: 1,", "const RESPONSES = { max: -1,"],
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
  ...plantedIn("runtime/auth-callout/response.ts", [
    [
      "an answer is valid for every server",
      "signNatsJwt({ aud: server.id, sub: userNkey }",
      "signNatsJwt({ sub: userNkey }",
    ],
    ["an answer does not end", "exp: expiresAt,", ""],
    ["denied subjects are left out of the answer", "...(deny.length > 0 && { deny }),", ""],
    ["clients learn why they are refused", "{ error: reason }", "{ error: `${reason} ${request.client.host}` }"],
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
      "connections live for a year",
      "z.int().min(1).max(86_400).default(3600)",
      "z.int().min(1).max(31_536_000).default(3600)",
    ],
    [
      "a condition that says nothing holds",
      "({ equals, includes }) => equals !== undefined || includes !== undefined",
      "() => true",
    ],
    ["inboxes can be made public", "privateInbox: z.literal(true).optional()", "privateInbox: z.boolean().optional()"],
    [
      "a user publishes by a grant for subscriptions alone",
      "subscribe: z.strictObject({ allow: z.array(allowed)",
      "subscribe: z.strictObject({ allow: z.array(subject)",
    ],
  ]),
  ...plantedIn("runtime/auth-callout/service.ts", [
    [
      "every server is known",
      "server: options.isKnownServer ?? ((id, name) => servers.has(id, name))",
      "server: options.isKnownServer ?? (() => true)",
    ],
    ["whoever sends to the probe's subject is answered", "probe: (id) => id === probes.serverId", "probe: () => true"],
    [
      "a seed that cannot be read is passed over",
      "if (problems.length > 0 || first === undefined)",
      "if (first === undefined)",
    ],
  ]),
  ...plantedIn("runtime/auth-callout/settings.ts", [
    [
      "a problem shows the seed that it is about",
      'const isSecret = FILE_VARIABLES.some((secret) => secret === name) || got.includes("@");',
      'const isSecret = got.includes("@");',
    ],
    ["a problem shows the password in an address", ' || got.includes("@")', ""],
    [
      "a responder with other keys than servers use starts",
      "if (missing.length === 0) return [];",
      "if (missing.length >= 0) return [];",
    ],
    ["users land in the callout account", "if (id === calloutAccount) problems.push", 'if (id === "") problems.push'],
  ]),
  ...plantedIn("runtime/auth-callout/strict-json.ts", [
    ["of two equal keys the last one counts", "keys.has(key) || ", ""],
    ["a claim reaches the prototype of objects", ' || key === "__proto__"', ""],
    ["a token of any depth is walked", "if (keysInScope.length > MAX_DEPTH) return false;", ""],
    ["text that is no text is read", "fatal: true, ", ""],
  ]),
  ...plantedIn("runtime/auth-callout/subject-template.ts", [
    [
      "a rule names a queue group",
      'if (/\\s/.test(template)) return "must hold no spaces: NATS would read a queue group behind one";',
      "",
    ],
    ["a claim is pasted into a token", "[^{}*>\\p{Cc}]+|\\*|>|\\{[^{}]+\\}", ".+"],
  ]),
  ...plantedIn("runtime/auth-callout/token.ts", [
    ["tokens of any audience are taken", "audience: policy.audience,", ""],
    ["tokens of any issuer are taken", "issuer: policy.issuer,", ""],
    ["tokens are not verified", "await verify(token, found, policy, now);", ""],
    ["tokens bring their own keys", "if (refused !== undefined) throw", "if (refused === null) throw"],
    [
      "a key verifies algorithms that it is not for",
      "if (found.algorithm !== undefined && found.algorithm !== algorithm)",
      "if (found.algorithm === null)",
    ],
    ["identity tokens are taken", "if (foreign !== undefined) throw", "if (foreign === null) throw"],
    ["refresh tokens are taken", "if (FOREIGN_KINDS.some((kind) => kind === typ))", "if (FOREIGN_KINDS.length === 0)"],
    [
      "tokens of any kind are taken",
      'if (typ !== undefined && !(typeof typ === "string" && TYPES.includes(typ.toLowerCase())))',
      "if (typ === null)",
    ],
    ["tokens of any use are taken", 'if (use !== undefined && use !== "access") throw', "if (use === null) throw"],
    [
      "tokens from the future are taken",
      "if (isTime(iat) && iat > now + clockSkewSeconds) throw",
      "if (isTime(iat) && iat < 0) throw",
    ],
    ["tokens of any length are read", "if (token.length > MAX_TOKEN_BYTES) throw", "if (token.length > 1e9) throw"],
    [
      "one token has several spellings",
      'return bytes.toString("base64url") === part ? bytes : undefined;',
      "return bytes;",
    ],
    [
      "tokens without an end are taken",
      'if (!isTime(exp)) throw new Denial("token_claims", "exp must be a time");',
      "",
    ],
  ]),
  ...plantedIn("runtime/auth-callout/xkey.ts", [
    [
      "boxes of other versions are opened",
      "if (box.length <= nonceEnd || !VERSION.equals(box.subarray(0, VERSION.length))) return undefined;",
      "if (box.length <= nonceEnd) return undefined;",
    ],
    [
      "a nonce is used twice",
      "Uint8Array.from(randomBytes(nacl.box.nonceLength))",
      "new Uint8Array(nacl.box.nonceLength)",
    ],
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
  ...plantedIn("runtime/client/identity.ts", [
    [
      "one identity reaches the inboxes of another",
      "/[A-Za-z0-9-]/.test(character)",
      "/[A-Za-z0-9._-]/.test(character)",
    ],
    ["a token's holder is called like a service", "`user:${encodeIdentity(sub)}`", "encodeIdentity(sub)"],
    [
      "an identity of any length inflates subjects",
      "if (bytes.length > MAX_IDENTITY_BYTES)",
      "if (bytes.length > 1e9)",
    ],
    ["two identities have one encoding", "if (!isWellFormed(identity))", 'if (identity === "\\0")'],
    ["services have the inboxes of users", "`_INBOX._${publicNkey}`", "`_INBOX.${publicNkey}`"],
  ]),
  ...plantedIn("runtime/client/authentication.ts", [
    [
      "a service listens on everybody's inboxes",
      'if (authentication.kind === "nkey")\n',
      'if (authentication.kind === "nkey" && !authentication.seed)\n',
    ],
    ["only the newest login is tried while a key is rotated", "logins[attempts++ % logins.length]", "logins[0]"],
  ]),
  ...plantedIn("runtime/client/client.ts", [
    ["programs give up on servers that are away", "maxReconnectAttempts: -1", "maxReconnectAttempts: 1"],
  ]),
  ...plantedIn("runtime/common/servers.ts", [
    ["servers are dialled in clear", 'if (scheme !== "tls")', 'if (scheme !== "tls" && scheme !== "nats")'],
    ["an address holds credentials", 'if (address.includes("@"))', 'if (address === "@")'],
  ]),
  ...plantedIn("runtime/subjects/spec.ts", [
    [
      "inboxes are granted",
      '  _INBOX: () => "inboxes: every identity has its own already, and answers go where those who may ask listen",\n',
      "",
    ],
    ["subjects of natsform's programs are granted", '  _NATSFORM: () => "subjects of natsform\'s own programs",\n', ""],
    [
      "the servers' own subjects are granted",
      'rest.join(".") === "REQ.USER.INFO" ? undefined',
      'rest[0] === "REQ" ? undefined',
    ],
    ["all of JetStream is granted", "  $JS: jetstream,\n", ""],
    ["every bucket is granted", "$KV: ([bucket]) => (isWild(bucket) ?", '$KV: ([bucket]) => (bucket === "" ?'],
    ["a first token of any kind is granted", 'first === ">" || (first === "*"', 'first === ">>" || (first === "**"'],
    [
      "acknowledgements of everybody are granted",
      "return isNamed(1) || isNamed(3) ? undefined",
      "return isNamed(1) || isNamed(3) || rest.length > 3 ? undefined",
    ],
    ["a placeholder's claim counts as a name", '|| token === ">" || token.startsWith("{")', '|| token === ">"'],
    [
      "a wildcard is one token where it is more",
      'if (l === ">" || r === ">") return true;',
      'if (l === ">" && r === ">") return true;',
    ],
  ]),
];
