import { visible } from "./visible";

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Text that is text alone in HTML, in attributes too. */
export const html = (text: string): string =>
  visible(text).replace(/[&<>"']/g, (character) => entities[character] ?? "");
