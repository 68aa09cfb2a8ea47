import type { ServerChange } from "../../model/change";
import type { Review } from "../../model/review";
import { html } from "./escape-html";

const words: Readonly<Record<ServerChange["effect"], string>> = {
  nothing: "stays",
  reload: "reloads",
  restart: "restarts",
  recreate: "made anew",
  start: "new",
  remove: "goes",
};

const box = { width: 168, height: 46, gap: 12, left: 12, top: 34 };
const perRow = 5;

/** Clusters before and after as one drawing: each server with what happens to it. Empty where there is no server. */
export function drawing({ change, environment }: Review): string {
  const clusters = [...new Set(change.servers.map(({ cluster }) => cluster))];
  if (clusters.length === 0) return "";
  const parts: string[] = [];
  let y = 0;
  for (const cluster of clusters) {
    const servers = change.servers.filter((server) => server.cluster === cluster);
    const rows = Math.ceil(servers.length / perRow);
    parts.push(`<text class="cluster" x="${box.left}" y="${y + 22}">${html(cluster)}</text>`);
    servers.forEach((server, i) => {
      const x = box.left + (i % perRow) * (box.width + box.gap);
      const top = y + box.top + Math.floor(i / perRow) * (box.height + box.gap);
      parts.push(serverBox(server, x, top));
    });
    y += box.top + rows * (box.height + box.gap) + 8;
  }
  const width = box.left * 2 + perRow * (box.width + box.gap) - box.gap;
  return `<div class="scroll"><svg viewBox="0 0 ${width} ${y}" width="${width}" role="img" aria-label="${html(`servers of ${environment}, and what happens to each`)}">
${parts.join("\n")}
</svg></div>`;
}

const serverBox = ({ server, effect }: ServerChange, x: number, y: number): string =>
  `<g class="server ${effect}"><title>${html(`${server}: ${words[effect]}`)}</title><rect x="${x}" y="${y}" width="${box.width}" height="${box.height}" rx="6"/><text x="${x + 10}" y="${y + 20}">${html(short(server))}</text><text class="effect" x="${x + 10}" y="${y + 37}">${words[effect]}</text></g>`;

/** A name as long as its box. */
const short = (name: string) => ([...name].length > 20 ? `${[...name].slice(0, 19).join("")}…` : name);
