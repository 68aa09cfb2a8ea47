import { plantedIn } from "../planted";

/** What accounts share, who answers across them, and what is read directly. */
export const sharing = [
  ...plantedIn("runtime/auth-callout/answers.ts", [
    [
      "whoever answers may answer requests of other accounts that it does not hear",
      "mayAsk({ allow: accounts[account]?.asked ?? [] }, answerer.subscribe) ? [ACROSS_ACCOUNTS] : []",
      "accounts[account] && answerer ? [ACROSS_ACCOUNTS] : []",
    ],
  ]),
  ...plantedIn("templates/nats-conf/sharing.ts", [
    [
      "an export to some accounts is one to all",
      "accounts: accounts && [...accounts],",
      "accounts: accounts && undefined,",
    ],
  ]),
  ...plantedIn("cli/keys/sharing-claims.ts", [
    ["an export to some accounts needs no token", "...(some && { token_req: true }),", "...(some && {}),"],
  ]),
  ...plantedIn("cli/keys/operator-claims.ts", [
    ["an imported operator's claims of another value go unnoticed", "return [{ what: key }];", "return [];"],
    [
      "tokens of imports stay those of a key that is elsewhere",
      "if (one.token === undefined || importer === undefined)",
      "if (one !== undefined)",
    ],
  ]),
  ...plantedIn("cli/twin/verify/grants.ts", [
    ["a service's right to answer anywhere goes unnoticed", "max === grant.responses?.max &&", ""],
  ]),
  ...plantedIn("model/lint/sharing.ts", [
    ["an export to others is taken for one to all", "accounts?.includes(account.name) ?? true", "accounts !== null"],
    ["users may publish beside a stream without a word", "if (stream) {", "if (stream && own.length > 9) {"],
  ]),
  ...plantedIn("model/lint/direct-reads.ts", [
    ["holders of a token may read directly", 'tokens[at + 2] === "GET"', 'tokens[at + 2] === ""'],
  ]),
  ...plantedIn("model/topology/rights.ts", [
    [
      "direct reads are granted where the stream allows none",
      "name === stream && allowDirect",
      "name === stream && allowDirect !== undefined",
    ],
  ]),
  ...plantedIn("runtime/client/stream-publish.ts", [
    ["two identities drop each other's messages", "inboxPrefix === undefined ? id :", 'inboxPrefix !== "" ? id :'],
  ]),
];
