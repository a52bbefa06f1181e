// How far a run is.

import { html } from "../vendor/preact.js";
import { t } from "./words.js";

/** The share of the steps, of a painting those of the scale under way. */
const within = ({ step, steps }) => (steps ? Math.min(1, (step ?? 0) / steps) : 0);

/** Share of a run that is done, 0 to 1: of a study or a course, of its steps; of a painting, of its time, or, while that is not known, of its steps, those of finer scales counting for more. */
export function progressOf(run) {
  if (!run.scale) return within(run);
  if (run.seconds_left != null && run.seconds) return run.seconds / (run.seconds + run.seconds_left);
  const { index, count } = run.scale;
  const weight = (scale) => 3 ** (scale - 1);
  let [done, all] = [0, 0];
  for (let scale = 1; scale <= count; scale++) {
    all += weight(scale);
    if (scale < index) done += weight(scale);
    if (scale === index) done += weight(scale) * within(run);
  }
  return done / all;
}

/** Where a run is, in words; of one scale alone only the step is worth saying. */
export function whereIs(run) {
  const step = t("live.step", { step: run.step ?? 0, steps: run.steps ?? 0 });
  return run.scale.count > 1 ? `${t("live.scale", run.scale)} · ${step}` : step;
}

/** A bar for each scale, coarse to fine. */
export function Scales({ run }) {
  const { index = 0, count = 1 } = run.scale ?? {};
  const bars = Array.from({ length: count }, (_, at) => (at + 1 < index ? 1 : at + 1 === index ? within(run) : 0));
  const text = run.scale ? whereIs(run) : t("live.preparing");
  return html`<div class="scales" role="progressbar" aria-label=${t("live.progress")} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round(100 * progressOf(run))} aria-valuetext=${text}>
    ${bars.map((share) => html`<span class=${run.scale ? "" : "unknown"}><i style=${{ transform: `scaleX(${share})` }}></i></span>`)}
  </div>`;
}
