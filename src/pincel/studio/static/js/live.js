// A run, from its turn in the queue to the picture: what it looks like now, how far it is, and what can be done with it.

import { html, useEffect, useState } from "../vendor/preact.js";
import { api, events, pictureUrl } from "./api.js";
import { reuse } from "./form.js";
import { Keep } from "./keep.js";
import { FieldError, Later, Message, nameOf, titleOf } from "./parts.js";
import { Plot } from "./plot.js";
import { placeOf } from "./runs.js";
import { progressOf, Scales, whereIs } from "./progress.js";
import { asText, labelOf } from "./settings.js";
import { announce, isActive, keepRun, loadRun, pictureOf, store, useStore } from "./store.js";
import { compact, duration, has, moment, number, t } from "./words.js";

/**
 * Follow a run; the stream rests while nobody looks at this tab, and brings what was missed. The run itself is in the store.
 * Resumed, it is another stretch: the stream begins anew, and what was drawn stays until its history comes.
 */
function useRun(id, isOn) {
  const [now, setNow] = useState({ steps: [], preview: null, notices: [], missing: false });
  const change = (changes) => setNow((before) => ({ ...before, ...(typeof changes === "function" ? changes(before) : changes) }));
  useEffect(() => {
    let close = () => {};
    let over = false;
    const ask = () => loadRun(id).catch((error) => error.status === 404 && change({ missing: true }));
    const listen = () => {
      close();
      if (over || document.hidden) return;
      close = events(`api/runs/${id}/events`, {
        run: keepRun,
        history: ({ steps }) => change({ steps }),
        step(step) {
          change(({ steps }) => ({ steps: [...steps, step] }));
          if (store.runs.has(id)) keepRun({ ...store.runs.get(id), ...step });
        },
        preview: ({ version }) => change({ preview: version }),
        notice: (notice) => change(({ notices }) => ({ notices: [...notices.filter(({ text }) => text !== notice.text), notice] })),
        end(run) {
          over = true;
          close();
          keepRun(run);
        },
        lost: ask,
      });
    };
    ask();
    listen();
    document.addEventListener("visibilitychange", listen);
    return () => {
      close();
      document.removeEventListener("visibilitychange", listen);
    };
  }, [id, isOn]);
  return now;
}

export function Live({ id, navigate }) {
  return html`<${Run} key=${id} id=${id} navigate=${navigate} />`;
}

function Run({ id, navigate }) {
  const run = useStore().runs.get(id);
  const { steps, preview, notices, missing } = useRun(id, Boolean(run && isActive(run)));
  const [error, setError] = useState("");
  const state = run?.stopping ? "stopping" : run?.state;
  useEffect(() => {
    if (state) announce(`${titleOf(run)}: ${t(`state.${state}`)}`);
  }, [state]);
  useEffect(() => {
    if (!run) return;
    // Studies and courses have pages of their own.
    if (run.kind !== "transfer") location.replace(placeOf(run));
    const percent = state === "running" ? `${Math.round(100 * progressOf(run))} % · ` : "";
    document.title = `${percent}${titleOf(run)} · pincel`;
  }, [run]);

  if (missing && !run) return html`<section class="panel"><h1 tabindex="-1">${t("live.gone")}</h1><p><a href="#/gallery">${t("shell.gallery")}</a></p></section>`;
  if (!run) return html`<p class="hint">${t("shell.soon")}</p>`;

  /** Ask the server for something; what comes back is a run, this one or another. */
  const act = (verb, body) => async (event) => {
    event?.preventDefault();
    setError("");
    try {
      const answer = await api.post(`api/runs/${id}/${verb}`, body?.(event));
      keepRun(answer);
      if (answer.id !== id) navigate(`#/run/${answer.id}`);
    } catch (problem) {
      setError(problem.message || t("shell.lost"));
    }
  };
  const again = () => {
    reuse(run);
    navigate("#/");
  };

  return html`<div class="live">
    <section class="canvas" aria-label=${t("live.picture")}><${Stage} run=${run} preview=${preview} /></section>
    <div class="steering">
      <header><h1 tabindex="-1">${titleOf(run)}</h1><p class="state ${state}">${said(run, state)}</p></header>
      ${run.message && !["running", "done"].includes(run.state) && html`<p class="note ${state === "failed" ? "bad" : ""}" role=${state === "failed" ? "alert" : null}><${Message} message=${run.message} /></p>`}
      ${run.state === "running" && html`<${Progress} run=${run} />`}
      <div class="row wrap">
        ${isActive(run) && html`<button type="button" class="quiet" disabled=${run.stopping} onClick=${act("cancel")}>${state === "queued" ? t("live.leaveQueue") : t("live.stop")}</button>`}
        ${!isActive(run) && state !== "done" && html`<button type="button" class=${run.has_result ? "quiet" : "primary"} onClick=${act("resume")}>${run.has_checkpoint ? t("live.resume") : t("live.restart")}</button>`}
        ${!isActive(run) && html`<button type="button" class="quiet" onClick=${again}>${t("live.again")}</button><${Remove} run=${run} navigate=${navigate} onError=${setError} />`}
      </div>
      <${FieldError} id="error-run" message=${error} />
      ${run.has_result && html`<${Keep} run=${run} onContinue=${act("continue", (event) => ({ steps: Number(new FormData(event.target).get("steps")) }))} />`}
      <section class="panel" aria-labelledby="objective-title"><h2 id="objective-title">${t("live.objective")}</h2><${Plot} steps=${steps} /><${Terms} run=${run} /></section>
      ${notices.length > 0 && html`<details><summary>${t("live.notices", { count: notices.length })}</summary><ul>${notices.map((notice) => html`<li><${Message} message=${notice} /></li>`)}</ul></details>`}
      <${Made} run=${run} />
    </div>
  </div>`;
}

/** The state of a run in words, and what goes with it. */
function said(run, state) {
  const words = [t(`state.${state}`)];
  if (state === "queued" && run.queue_position) words.push(t("queue.waits", { place: run.queue_position }));
  if (state === "cancelled" && run.has_result) words.push(t("live.best"));
  return words.join(" · ");
}

/** Asked twice, because there is no way back. */
function Remove({ run, navigate, onError }) {
  const [sure, setSure] = useState(false);
  const remove = async () => {
    if (!sure) return setSure(true);
    try {
      await api.del(`api/runs/${run.id}`);
      navigate("#/gallery");
    } catch (error) {
      onError(error.message || t("shell.lost"));
    }
  };
  return html`<button type="button" class="quiet ${sure ? "danger" : ""}" onClick=${remove} onBlur=${() => setSure(false)}>${sure ? t("live.removeSure") : t("live.remove")}</button>`;
}

/** The picture: before it is begun the photograph, then how far it has come, then before and after. */
function Stage({ run, preview }) {
  const before = run.content && pictureUrl(run.content);
  const { width, height } = run.content ? pictureOf(run.content) : {};
  const [across, down] = run.size ?? [width, height];
  if (run.has_result && !isActive(run)) {
    const after = `api/runs/${run.id}/result.png?${encodeURIComponent(run.ended ?? "")}`;
    return html`<${Later} from="./viewer.js" name="Viewer" before=${before} after=${after} label=${titleOf(run)} labels=${{ before: t("live.before"), after: t("live.after") }}>
      <figure class="frame"><img src=${after} alt=${titleOf(run)} width=${across} height=${down} /></figure>
    <//>`;
  }
  const painted = preview ?? (run.has_preview ? Date.parse(run.ended) || 0 : null);
  return html`<figure class="frame ${isActive(run) ? "active" : ""}">
    ${painted === null
      ? before && html`<img class="waiting" src=${before} alt=${nameOf(run.content)} width=${across} height=${down} />`
      : html`<img class="painted" src=${`api/runs/${run.id}/preview.jpg?v=${painted}`} alt=${t("live.sofar", { title: titleOf(run) })} width=${across} height=${down} />`}
  </figure>`;
}

function Progress({ run }) {
  const where = [run.scale ? whereIs(run) : t("live.preparing")];
  if (run.seconds_left != null) where.push(t("live.left", { time: duration(run.seconds_left) }));
  return html`<div class="progress"><${Scales} run=${run} /><p class="hint">${where.join(" · ")}</p></div>`;
}

/** J and its parts, now. */
function Terms({ run }) {
  const groups = Object.entries(run.terms ?? {}).filter(([name]) => !name.includes(":"));
  if (run.total == null) return null;
  const label = (name) => (has(`term.${name}`) ? t(`term.${name}`) : name);
  return html`<dl class="terms"><div><dt>J</dt><dd>${compact(run.total)}</dd></div>${groups.map(([name, value]) => html`<div><dt>${label(name)}</dt><dd>${compact(value)}</dd></div>`)}</dl>`;
}

/** What the run was made of. */
function Made({ run }) {
  const styles = (run.styles ?? []).map((style) => ({ picture: style.picture ?? style, weight: style.weight ?? 1 }));
  const settings = Object.entries(run.settings ?? {});
  return html`<section class="panel made" aria-labelledby="made-title">
    <h2 id="made-title">${t("live.made")}</h2>
    <ul class="chosen">
      ${run.content && html`<li><img src=${pictureUrl(run.content, "thumb")} alt="" width="40" height="40" /><span class="grow">${nameOf(run.content)}</span></li>`}
      ${styles.map(({ picture, weight }) => html`<li><img src=${pictureUrl(picture, "thumb")} alt="" width="40" height="40" /><span class="grow">${nameOf(picture)}</span>${styles.length > 1 && html`<output>${number(weight)}</output>`}</li>`)}
    </ul>
    <dl class="facts">
      <div><dt>${t("look.recipe")}</dt><dd>${run.recipe}</dd></div>
      ${settings.map(([name, value]) => html`<div><dt>${labelOf(name)}</dt><dd>${asText(value)}</dd></div>`)}
      ${run.size && html`<div><dt>${t("live.pixels")}</dt><dd>${run.size.join(" × ")}</dd></div>`}
      ${run.seconds > 0 && html`<div><dt>${t("live.took")}</dt><dd>${duration(run.seconds)}</dd></div>`}
      <div><dt>${t("live.created")}</dt><dd>${moment(run.created)}</dd></div>
      ${run.continued_from && html`<div><dt>${t("live.from")}</dt><dd><a href="#/run/${run.continued_from}">${run.continued_from}</a></dd></div>`}
    </dl>
  </section>`;
}
