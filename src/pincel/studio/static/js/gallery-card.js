// One run in the gallery.

import { html } from "../vendor/preact.js";
import { calledOf, placeOf, thumbOfRun } from "./runs.js";
import { Icon } from "./stage.js";
import { isActive } from "./store.js";
import { moment, number, t } from "./words.js";

/** A picture, what it is, and what can be done with it. */
export function Card({ run, chosen, choose, reuse, remove }) {
  const [width, height] = run.size ?? [4, 3];
  const title = calledOf(run);
  const thumb = thumbOfRun(run);
  const transfer = run.kind === "transfer";
  return html`<li class=${`card ${chosen ? "picked" : ""}`} style=${{ "--aspect": String(Math.min(Math.max(width / height, 0.6), 2.4)) }}>
    <a class="card-open" id=${`open-${run.id}`} href=${placeOf(run)}>
      ${thumb
        ? html`<img class=${run.has_result || run.has_preview || run.page ? "" : "given"} src=${thumb} alt="" loading="lazy" />`
        : html`<span class="card-blank" aria-hidden="true"></span>`}
      <span class="card-title">${title}</span>
    </a>
    <p class="card-about">
      <span>${transfer ? run.recipe : t(run.kind === "course" ? "shell.course" : "gallery.study")}</span>
      <time datetime=${run.created}>${moment(run.created)}</time>
    </p>
    ${run.state !== "done" && html`<p class=${`state ${run.state}`}>${stateOf(run)}</p>`}
    <div class="card-actions">
      ${transfer &&
      html`<${Action} icon="compare" name="choose" title=${title} pressed=${chosen} disabled=${!run.has_result} act=${choose} />
        <${Action} icon="reuse" name="reuse" title=${title} act=${reuse} />`}
      <${Action} icon="bin" name="delete" title=${title} disabled=${isActive(run)} act=${remove} />
    </div>
  </li>`;
}

function stateOf(run) {
  const share = run.state === "running" && run.steps ? ` ${number(Math.round((100 * (run.step ?? 0)) / run.steps))} %` : "";
  return t(`state.${run.state}`) + share;
}

/** A button with a drawing; read aloud with the title of its run. */
function Action({ icon, name, title, pressed, disabled, act }) {
  return html`<button
    type="button"
    class="icon-button"
    title=${t(`gallery.${name}`)}
    aria-label=${`${t(`gallery.${name}`)}: ${title}`}
    aria-pressed=${pressed === undefined ? undefined : String(pressed)}
    disabled=${disabled}
    onClick=${act}
  >
    <${Icon} name=${icon} />
  </button>`;
}
