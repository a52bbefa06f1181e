// The objective J as it falls, on a logarithmic scale against time.

import { html } from "../vendor/preact.js";
import { compact, duration, t } from "./words.js";

const [WIDTH, HEIGHT, MOST] = [320, 120, 400];

/** Leave out what no eye could tell apart: at most MOST points, the last among them. */
function thinned(points) {
  const every = Math.ceil(points.length / MOST);
  return points.filter((_, at) => at % every === 0 || at === points.length - 1);
}

const key = ({ scale }) => JSON.stringify(scale ?? null);

/** Cut where the scale changes: J of another size is another J. */
function pieces(points) {
  const found = [];
  for (const point of points) {
    if (!found.length || key(found.at(-1)[0]) !== key(point)) found.push([]);
    found.at(-1).push(point);
  }
  return found;
}

export function Plot({ steps }) {
  const points = thinned(steps.filter(({ total }) => total > 0));
  if (points.length < 2) return html`<div class="plot empty"><p class="hint">${t("live.plotSoon")}</p></div>`;
  const logs = points.map(({ total }) => Math.log10(total));
  const [low, high] = [Math.min(...logs), Math.max(...logs)];
  const [begin, end] = [points[0].seconds, points.at(-1).seconds];
  const x = (seconds) => (WIDTH * (seconds - begin)) / (end - begin || 1);
  const y = (total) => 4 + ((HEIGHT - 8) * (high - Math.log10(total))) / (high - low || 1);
  const lines = pieces(points);
  const path = (line) => line.map(({ seconds, total }) => `${x(seconds).toFixed(1)},${y(total).toFixed(1)}`).join(" ");
  const told = t("live.plotSays", { from: compact(points[0].total), to: compact(points.at(-1).total), time: duration(end) });
  return html`<figure class="plot">
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${told}>
      ${lines.slice(1).map(([first]) => html`<line class="edge" x1=${x(first.seconds)} x2=${x(first.seconds)} y1="0" y2=${HEIGHT} />`)}
      ${lines.map((line) => html`<polyline points=${path(line)} />`)}
    </svg>
    <span class="high">${compact(10 ** high)}</span><span class="low">${compact(10 ** low)}</span>
    <figcaption><span>${t("live.plot")}</span><span>${duration(end)}</span></figcaption>
  </figure>`;
}
