import { browserText } from "./browser";
import type { Connection } from "./connection";
import { envText } from "./env";
import { goText } from "./go";
import { nodeText } from "./node";
import { pythonText } from "./python";

/** What a program is told by: variables, or a file in its language. A language is one entry. */
export const languages = {
  env: { text: envText, services: true, sentinel: true },
  node: { text: (connection: Connection) => nodeText(connection, "node"), services: true, sentinel: true },
  "node-v2": { text: (connection: Connection) => nodeText(connection, "node-v2"), services: true, sentinel: true },
  // Their libraries take a JWT beside another login in no way that was tried.
  python: { text: pythonText, services: true, sentinel: false },
  go: { text: goText, services: true, sentinel: false },
  // A seed in a page is everybody's.
  browser: { text: browserText, services: false, sentinel: true },
} as const satisfies Record<string, Entry>;

interface Entry {
  text(connection: Connection): string;
  /** Services may log in with it. */
  services: boolean;
  /** It brings the sentinel, where clients have to. */
  sentinel: boolean;
}

export type Language = keyof typeof languages;
export const languageNames = Object.keys(languages) as Language[];
