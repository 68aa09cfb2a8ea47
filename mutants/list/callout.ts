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
];
