// Two runs: their pictures with one zoom for both, which settings differ, and what it came to.

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { api } from "./api.js";
import { listen, steered } from "./gestures.js";
import { nameOf } from "./parts.js";
import { calledOf, loss, pictureOfRun, placeOf, sideBySide } from "./runs.js";
import { labelOf } from "./settings.js";
import { grain, px, useBox, useDecoded } from "./stage.js";
import { useStore } from "./store.js";
import { FIT, movable, placed } from "./view.js";
import { ViewButtons, Viewer } from "./viewer.js";
import { duration, has, moment, t } from "./words.js";

/**
 * Show two runs side by side.
 *
 * @param a, b Their ids.
 */
export function Compare({ a, b }) {
  useStore();
  const runs = [useRun(a), useRun(b)];
  const [over, setOver] = useState(false);
  const trouble = runs.find((run) => run?.trouble)?.trouble;
  if (trouble) {
    return html`<section class="compare">
      <h1>${t("compare.title")}</h1>
      <p class="error" role="alert">${trouble}</p>
      <p><a href="#/gallery">${t("compare.back")}</a></p>
    </section>`;
  }
  if (!runs[0] || !runs[1]) return html`<section class="compare" aria-busy="true"><h1>${t("compare.title")}</h1></section>`;
  return html`<section class="compare" aria-labelledby="compare-title">
    <header class="compare-head">
      <h1 id="compare-title">${t("compare.title")}</h1>
      <label class="check"><input type="checkbox" checked=${over} onChange=${() => setOver(!over)} /> <span>${t("compare.over")}</span></label>
    </header>
    ${over
      ? html`<${Viewer}
          before=${pictureOfRun(runs[0])}
          after=${pictureOfRun(runs[1])}
          label=${t("compare.title")}
          labels=${{ before: "A", after: "B" }}
        />`
      : html`<${Pair} runs=${runs} />`}
    <${Numbers} runs=${runs} />
    <${Settings} runs=${runs} />
  </section>`;
}

/** A run as it is now; null before it is known, {trouble} if it cannot be. */
function useRun(id) {
  const store = useStore();
  const [fetched, setFetched] = useState(null);
  useEffect(() => {
    let wanted = true;
    setFetched(null);
    api.get(`api/runs/${id}`).then(
      (run) => wanted && setFetched(run),
      (error) => wanted && setFetched({ trouble: error.message || t("gallery.lost") }),
    );
    return () => {
      wanted = false;
    };
  }, [id]);
  return store.runs.get(id) ?? fetched;
}

function Pair({ runs }) {
  const [view, setView] = useState(FIT);
  const [buttons, setButtons] = useState(null);
  return html`<div class="pair">
      ${runs.map((run, index) => {
        const tell = index === 0 ? setButtons : null;
        return html`<${Half} key=${run.id} run=${run} letter=${"AB"[index]} view=${view} change=${setView} tell=${tell} />`;
      })}
    </div>
    ${buttons && html`<${ViewButtons} view=${view} box=${buttons.box} picture=${buttons.picture} change=${setView} />`}`;
}

/** One of the two; `tell` is told of its box and picture, which the buttons for both need. */
function Half({ run, letter, view, change, tell }) {
  const stage = useRef(null);
  const box = useBox(stage);
  const decoded = useDecoded(pictureOfRun(run));
  const picture = decoded?.failed ? null : decoded;
  const now = useRef(null);
  now.current = { view, box, picture: box && picture, change };
  useEffect(() => listen(stage.current, () => now.current), []);
  useEffect(() => tell?.(box && picture ? { box, picture } : null), [box, picture]);
  const place = box && picture && placed(view, box, picture);
  const key = (event) => {
    if (!place || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = steered(event.key, view, box, picture);
    if (!next) return;
    event.preventDefault();
    change(next);
  };
  return html`<figure>
    <div
      class=${`easel ${place && movable(view, box, picture) ? "movable" : ""}`}
      ref=${stage}
      style=${picture ? { aspectRatio: `${picture.width} / ${picture.height}` } : {}}
      tabindex="0"
      role="group"
      aria-label=${`${letter}: ${t("viewer.stage")}`}
      onKeyDown=${key}
    >
      ${place && html`<img class=${grain(place, picture)} src=${picture.url} alt=${calledOf(run)} draggable=${false} style=${px(place)} />`}
      ${!pictureOfRun(run) && html`<p class="easel-note">${t("compare.none")}</p>`}
    </div>
    <figcaption>
      <span class="letter">${letter}</span> <a href=${placeOf(run)}>${calledOf(run)}</a>
      <span class="muted">${moment(run.created)}</span>
    </figcaption>
  </figure>`;
}

function Numbers({ runs }) {
  const terms = [...new Set(runs.flatMap((run) => Object.keys(run.terms ?? {})))];
  const rows = [
    [t("compare.total"), ...runs.map((run) => loss(run.total))],
    ...terms.map((term) => [has(`term.${term}`) ? t(`term.${term}`) : term, ...runs.map((run) => loss(run.terms?.[term]))]),
    [t("compare.steps"), ...runs.map((run) => String(run.step ?? "–"))],
    [t("compare.size"), ...runs.map((run) => run.size?.join(" × ") ?? "–")],
    [t("compare.seconds"), ...runs.map((run) => (run.seconds ? duration(run.seconds) : "–"))],
  ];
  return html`<${Table} caption=${t("compare.numbers")} rows=${rows} numeric />`;
}

function Settings({ runs }) {
  const [all, setAll] = useState(false);
  const paintings = (run) => (run.styles ?? []).map((style) => nameOf(style.picture) + (style.weight === 1 ? "" : ` × ${style.weight}`)).join(", ");
  const given = [
    [t("compare.content"), ...runs.map((run) => nameOf(run.content))],
    [t("compare.styles"), ...runs.map(paintings)],
    [t("compare.recipe"), ...runs.map((run) => run.recipe)],
    [t("compare.mask"), ...runs.map((run) => t(run.content_mask ? "compare.yes" : "compare.no"))],
  ].map((row) => ({ row, differ: row[1] !== row[2] }));
  const rows = [...given, ...sideBySide(...runs).map(({ name, values, differ }) => ({ row: [labelOf(name), ...values], differ }))];
  const shown = rows.filter(({ differ }) => all || differ);
  return html`<div class="compare-settings">
    <label class="check"><input type="checkbox" checked=${all} onChange=${() => setAll(!all)} /> <span>${t("compare.all")}</span></label>
    ${shown.length
      ? html`<${Table}
          caption=${t(all ? "compare.settings" : "compare.different")}
          rows=${shown.map(({ row }) => row)}
          marked=${all ? shown.map(({ differ }) => differ) : []}
        />`
      : html`<p class="muted">${t("compare.same")}</p>`}
  </div>`;
}

function Table({ caption, rows, numeric, marked = [] }) {
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${caption}>
    <table class=${numeric ? "numeric" : ""}>
      <caption>${caption}</caption>
      <thead><tr><td></td><th scope="col">A</th><th scope="col">B</th></tr></thead>
      <tbody>
        ${rows.map(
          ([name, ...values], index) => html`<tr class=${marked[index] ? "differs" : ""}>
            <th scope="row">${name}</th>
            ${values.map((value) => html`<td>${value || "–"}</td>`)}
          </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
