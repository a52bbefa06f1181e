// What can be taken home of a run: the picture, its record, the lines that make it again; and more steps.

import { html, useEffect, useState } from "../vendor/preact.js";
import { api } from "./api.js";
import { Copy, Icon, titleOf } from "./parts.js";
import { isActive } from "./store.js";
import { t } from "./words.js";

const FORMATS = { PNG: "png", JPEG: "jpg", TIFF: "tif" };

export function Keep({ run, onContinue }) {
  const [command, setCommand] = useState(null);
  useEffect(() => {
    api.get(`api/runs/${run.id}/command`).then(setCommand, () => {});
  }, [run.id]);
  const name = titleOf(run).toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "");
  const file = (path, extension) => ({ href: `api/runs/${run.id}/${path}`, download: `${name}.${extension}`, class: "button quiet" });
  return html`<section class="panel keep" aria-labelledby="keep-title">
    <h2 id="keep-title">${t("keep.title")}</h2>
    <div class="row wrap">
      ${Object.entries(FORMATS).map(([label, extension]) => html`<a ...${file(`result.${extension}`, extension)}><${Icon} name="download" />${label}</a>`)}
      <a ...${file("record.json", "json")} title=${t("keep.recordHint")}><${Icon} name="download" />${t("keep.record")}</a>
    </div>
    ${!isActive(run) && run.kind === "transfer" && html`<form class="row" onSubmit=${onContinue}>
      <label>${t("keep.more")} <input type="number" name="steps" min="1" max="100000" step="1" value=${run.steps || 50} required /></label>
      <button class="quiet">${t("keep.continue")}</button>
    </form>`}
    ${command && html`<details class="lines"><summary>${t("keep.lines")}</summary>
      <p class="hint">${t("keep.linesHint")}</p>
      <${Lines} title=${t("keep.cli")} text=${command.cli} />${command.python && html`<${Lines} title="Python" text=${command.python} />`}
    </details>`}
  </section>`;
}

function Lines({ title, text }) {
  return html`<div class="code"><div class="row"><h3>${title}</h3><${Copy} text=${text} label=${t("keep.copy")} /></div><pre tabindex="0" role="region" aria-label=${title}><code>${text}</code></pre></div>`;
}
