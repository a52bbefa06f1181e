// A picture before and after: a slider between the two, zoom, pan, full screen. Works while `after` changes.

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { listen, steered } from "./gestures.js";
import { Icon, grain, px, useBox, useDecoded } from "./stage.js";
import { FIT, fitted, movable, placed } from "./view.js";
import { number, t } from "./words.js";

/**
 * Show one picture over another.
 *
 * @param before, after Addresses; either may be null.
 * @param label What it is, for those who do not see it.
 * @param labels {before, after}: what to call the two, if not just that.
 * @param start Share of the first that is seen at the beginning, in percent.
 */
export function Viewer({ before, after, label, labels = {}, start = 50 }) {
  const frame = useRef(null);
  const stage = useRef(null);
  const box = useBox(stage);
  const first = useDecoded(before);
  const second = useDecoded(after);
  const [view, setView] = useState(FIT);
  const [edge, setEdge] = useState(start);
  const picture = usable(second) ?? usable(first);
  const both = Boolean(usable(first) && usable(second));
  const names = { before: labels.before ?? t("viewer.before"), after: labels.after ?? t("viewer.after") };

  const now = useRef(null);
  now.current = { view, box, picture: box && picture, change: setView };
  const slide = (x) => setEdge(shareAt(x, now.current));
  useEffect(() => listen(stage.current, () => now.current, slide), []);
  useEffect(() => setView(FIT), [before]);

  const place = box && picture && placed(view, box, picture);
  const line = place && edgeAt(edge, place, box);
  const key = (event) => {
    if (!place || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = steered(event.key, view, box, picture);
    if (next) setView(next);
    else if (event.key === "f") fill(frame.current);
    else return;
    event.preventDefault();
  };

  return html`<figure class="viewer" ref=${frame} aria-label=${label}>
    <div
      class=${`easel ${place && movable(view, box, picture) ? "movable" : ""}`}
      ref=${stage}
      style=${picture ? { aspectRatio: `${picture.width} / ${picture.height}` } : {}}
      tabindex="0"
      role="group"
      aria-label=${t("viewer.stage")}
      onKeyDown=${key}
    >
      ${place &&
      usable(first) &&
      html`<img class=${grain(place, first)} src=${first.url} alt=${names.before} draggable=${false} style=${px(place)} />`}
      ${place &&
      usable(second) &&
      html`<img
        class=${grain(place, second)}
        src=${second.url}
        alt=${names.after}
        draggable=${false}
        style=${{ ...px(place), clipPath: both ? `inset(0 0 0 ${Math.max(0, line - place.left)}px)` : "none" }}
      />`}
      ${place && both && html`<${Divider} line=${line} slide=${slide} stage=${stage} />`}
      ${place && both && html`<${Tags} names=${names} place=${place} box=${box} />`}
      ${(first?.failed || second?.failed) && html`<p class="easel-note">${t("viewer.unreadable")}</p>`}
    </div>
    ${both &&
    html`<input
      type="range"
      class="viewer-slider"
      min="0"
      max="100"
      step="any"
      value=${edge}
      aria-label=${t("viewer.slider", names)}
      aria-valuetext=${t("viewer.share", { percent: number(Math.round(edge)), ...names })}
      onInput=${(event) => setEdge(Number(event.target.value))}
      onKeyDown=${(event) => stepped(event, edge, setEdge)}
    />`}
    ${place && html`<${ViewButtons} view=${view} box=${box} picture=${picture} change=${setView} full=${() => fill(frame.current)} />`}
  </figure>`;
}

/** Buttons for those who have no wheel; used by the comparison too. */
export function ViewButtons({ view, box, picture, change, full }) {
  const press = (key) => () => change(steered(key, view, box, picture) ?? view);
  const percent = number(Math.round(100 * fitted(box, picture) * view.zoom * (globalThis.devicePixelRatio || 1)));
  const button = (name, icon, action) =>
    html`<button type="button" class="icon-button" title=${t(`viewer.${name}`)} aria-label=${t(`viewer.${name}`)} onClick=${action}>
      <${Icon} name=${icon} />
    </button>`;
  return html`<div class="view-buttons">
    ${button("farther", "farther", press("-"))}
    <output class="zoom" aria-label=${t("viewer.zoom")}>${percent} %</output>
    ${button("closer", "closer", press("+"))} ${button("fit", "fit", press("0"))}
    <button type="button" class="icon-button" title=${t("viewer.actual")} aria-label=${t("viewer.actual")} onClick=${press("1")}>1:1</button>
    ${full && button("full", "full", full)}
  </div>`;
}

/** The line between the two, to be taken with mouse or finger; keys have the slider below. */
function Divider({ line, slide, stage }) {
  const move = (event) => event.target.hasPointerCapture(event.pointerId) && slide(event.clientX - stage.current.getBoundingClientRect().left);
  const down = (event) => {
    event.stopPropagation();
    event.target.setPointerCapture(event.pointerId);
  };
  const stop = (event) => event.stopPropagation();
  return html`<div class="divider" style=${{ left: `${line}px` }} onPointerDown=${down} onPointerMove=${move} onDblClick=${stop}></div>`;
}

/** What the two are called, in the lower corners of what is seen of them. */
function Tags({ names, place, box }) {
  const { left, width } = seen(place, box);
  return html`<span class="tag" aria-hidden="true" style=${{ left: `${left + 10}px` }}>${names.before}</span>
    <span class="tag" aria-hidden="true" style=${{ right: `${box.width - left - width + 10}px` }}>${names.after}</span>`;
}

const usable = (picture) => (picture && !picture.failed ? picture : null);

/** The part of the picture that is on the stage, from left to right. */
function seen(place, box) {
  const left = Math.max(place.left, 0);
  return { left, width: Math.min(place.left + place.width, box.width) - left };
}

function edgeAt(percent, place, box) {
  const { left, width } = seen(place, box);
  return left + (width * percent) / 100;
}

function shareAt(x, { view, box, picture }) {
  const { left, width } = seen(placed(view, box, picture), box);
  return Math.min(Math.max((100 * (x - left)) / width, 0), 100);
}

/** Keys of a slider without steps go by one, with Shift or Page by ten. */
function stepped(event, edge, setEdge) {
  const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10 };
  if (!(event.key in steps)) return;
  event.preventDefault();
  setEdge(Math.min(Math.max(edge + steps[event.key] * (event.shiftKey ? 10 : 1), 0), 100));
}

/** Full screen and back; where a browser has none, over the whole page. */
export function fill(element) {
  if (document.fullscreenElement) document.exitFullscreen();
  else if (element.requestFullscreen) element.requestFullscreen().catch(() => element.classList.toggle("over-all"));
  else element.classList.toggle("over-all");
}
