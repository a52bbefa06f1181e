// What is being painted and what waits, in short.

import { html } from "../vendor/preact.js";
import { api, pictureUrl } from "./api.js";
import { progressOf } from "./progress.js";
import { Icon, titleOf } from "./parts.js";
import { placeOf } from "./runs.js";
import { activeRuns, keepRun, useStore } from "./store.js";
import { duration, t } from "./words.js";

/** A line for each run that is not over. */
export function Queue() {
  useStore();
  const runs = activeRuns();
  if (!runs.length) return null;
  return html`<section class="queue" aria-labelledby="queue-title">
    <h2 id="queue-title">${t("queue.title")}</h2>
    <ul>${runs.map((run) => html`<${Line} key=${run.id} run=${run} />`)}</ul>
  </section>`;
}

function Line({ run }) {
  const cancel = () => api.post(`api/runs/${run.id}/cancel`).then(keepRun, () => {});
  const running = run.state === "running";
  const left = run.seconds_left == null ? "" : t("live.left", { time: duration(run.seconds_left) });
  return html`<li>
    ${run.content && html`<img src=${pictureUrl(run.content, "thumb")} alt="" width="48" height="48" />`}
    <div class="grow">
      <a href=${placeOf(run)}>${titleOf(run)}</a>
      ${running
        ? html`<progress max="1" value=${progressOf(run)} aria-label=${titleOf(run)}></progress><small class="muted">${left}</small>`
        : html`<small class="muted">${run.queue_position ? t("queue.waits", { place: run.queue_position }) : t("state.queued")}</small>`}
    </div>
    <button type="button" class="quiet round" aria-label=${t("queue.cancel", { title: titleOf(run) })} title=${t("queue.cancel", { title: titleOf(run) })} onClick=${cancel}><${Icon} name="close" /></button>
  </li>`;
}

/** In the head of every page: that something is being painted, and how far. */
export function Pill() {
  useStore();
  const runs = activeRuns();
  const [first] = runs;
  if (!first) return null;
  const waiting = runs.length - 1;
  const [state, share] = first.state === "running" ? [t("queue.painting"), ` ${Math.round(100 * progressOf(first))} %`] : [t("state.queued"), ""];
  return html`<a class="pill" href=${placeOf(first)}><i aria-hidden="true"></i><span><span class="wide">${state}</span>${share}</span>${waiting > 0 && html`<span>${t("queue.more", { count: waiting })}</span>`}</a>`;
}
