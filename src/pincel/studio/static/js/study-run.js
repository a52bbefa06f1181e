// One study, from its turn in the queue to its page.

import { html, useEffect, useState } from "../vendor/preact.js";
import { api } from "./api.js";
import { FieldError, Message } from "./parts.js";
import { calledOf } from "./runs.js";
import { isActive, keepRun, loadRun, useStore } from "./store.js";
import { duration, moment, t } from "./words.js";

// What a study's page may do besides showing itself.
const MAY = "allow-scripts allow-popups allow-downloads";

export function StudyRun({ id, navigate }) {
  const store = useStore();
  const [trouble, setTrouble] = useState("");
  const run = store.runs.get(id);
  useEffect(() => {
    loadRun(id).catch((error) => setTrouble(error.message || t("shell.lost")));
  }, [id]);
  useEffect(() => {
    if (run) document.title = `${calledOf(run)} · pincel`;
  }, [run?.title]);
  const page = `api/runs/${id}/page/`;
  const all = html`<p><a href="#/studies">${t("studies.all")}</a></p>`;
  if (!run) return html`<section class="study-run"><h1>${t("studies.title")}</h1><${FieldError} id="error-run" message=${trouble} />${all}</section>`;

  const act = (verb) => async () => {
    setTrouble("");
    try {
      keepRun(await api.post(`api/runs/${id}/${verb}`));
    } catch (error) {
      setTrouble(error.message || t("shell.lost"));
    }
  };
  return html`<section class="study-run" aria-labelledby="study-run-title">
    <header class="study-run-head">
      <div>
        ${all}
        <h1 id="study-run-title">${calledOf(run)}</h1>
        <p class="muted">${moment(run.created)}${run.seconds ? ` · ${duration(run.seconds)}` : ""}</p>
      </div>
      <div class="row wrap">
        ${isActive(run) && html`<button type="button" disabled=${run.stopping} onClick=${act("cancel")}>${t("studies.stop")}</button>`}
        ${!isActive(run) && run.state !== "done" && html`<button type="button" onClick=${act("resume")}>${t("studies.again")}</button>`}
        ${run.study && html`<a class="button" href=${`#/studies/${run.study}`}>${t("studies.another")}</a>`}
        ${run.page && html`<a class="button" href=${page} target="_blank" rel="noopener">${t("studies.tab")}</a>`}
      </div>
    </header>
    <${FieldError} id="error-run" message=${trouble} />
    ${isActive(run) && html`<${Progress} run=${run} />`}
    ${!isActive(run) &&
    run.state !== "done" &&
    html`<p class=${`note ${run.state === "failed" ? "bad" : ""}`}>
      <strong>${t(`studies.state.${run.state}`)}</strong> ${run.message && html`<${Message} message=${run.message} />`}
    </p>`}
    ${run.page &&
    !isActive(run) &&
    html`<iframe class="study-page" src=${page} title=${t("studies.page", { title: calledOf(run) })} sandbox=${MAY}></iframe>`}
  </section>`;
}

/** How far a study or a course is. */
export function Progress({ run, counted = true }) {
  const known = Boolean(run.steps);
  const where = () => {
    if (run.state === "queued") return t("queue.waits", { place: run.queue_position ?? 1 });
    if (known && !counted) return `${Math.round((100 * (run.step ?? 0)) / run.steps)} %`;
    return known ? t("live.step", { step: run.step ?? 0, steps: run.steps }) : t(counted ? "studies.working" : "shell.soon");
  };
  return html`<div class="study-progress">
    <progress aria-label=${t("live.progress")} max=${known ? run.steps : null} value=${known ? (run.step ?? 0) : null}></progress>
    <p class="hint" role="status">${where()}${run.seconds_left ? ` · ${t("live.left", { time: duration(run.seconds_left) })}` : ""}</p>
    ${run.message && html`<p class="hint"><${Message} message=${run.message} /></p>`}
  </div>`;
}
