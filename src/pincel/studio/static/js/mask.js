// The mask painter: which part of a picture is painted after which style, or not at all.

import { html, useEffect, useMemo, useRef, useState } from "../vendor/preact.js";
import { steered } from "./gestures.js";
import { listenToBrush, onStage } from "./mask-brush.js";
import { encodeMasks, kept } from "./mask-files.js";
import { pixelsOf } from "./mask-png.js";
import { useRegions } from "./mask-regions.js";
import { Keys, Reach, Regions, Tools } from "./mask-tools.js";
import { px, useBox, useDecoded } from "./stage.js";
import { FIT, panned, placed } from "./view.js";
import { number, t } from "./words.js";

const LONGEST = 1600; // pixels that are painted on; the file has as many as the picture

/**
 * Paint regions on a picture.
 *
 * @param picture Its address.
 * @param width, height Of the picture, and of the mask, in pixels.
 * @param regions Names of the styles, in order; the region after the last is what stays as it is, and the whole picture at first.
 * @param role "content": which part is painted after which style. "style": which part of a painting, its only region, counts.
 * @param painted What was saved before, to go on from.
 * @param onSave (blob, painted) is given the mask as a file, and as plain values to be kept.
 * @param onCancel () is told that nothing is to be kept.
 */
export function MaskPainter({ picture, width, height, regions, role = "content", painted = null, onSave, onCancel }) {
  const stage = useRef(null);
  const canvas = useRef(null);
  const box = useBox(stage);
  const shown = useDecoded(picture);
  const rest = regions.length;
  const size = useMemo(() => workSize(width, height), [width, height]);
  const { labels, tints, empty, ...regional } = useRegions({ picture, size, rest, painted, canvas });
  const longest = Math.max(size.width, size.height);
  const [view, setView] = useState(FIT);
  const [tool, setTool] = useState("brush");
  const [region, setRegion] = useState(0);
  const [diameter, setDiameter] = useState(Math.round(longest / 12));
  const [reach, setReach] = useState(24);
  const [brush, setBrush] = useState(null);
  const [said, setSaid] = useState("");

  const stroke = (from, to) => {
    if (tool === "brush") regional.show(labels.line(from, to, diameter / 2, now.current.label));
  };
  function press(point, erase = false) {
    now.current.label = erase ? rest : region;
    if (tool === "brush") return stroke(point, point);
    regional.act(labels.fill(point.x, point.y, now.current.label, tool === "alike" ? alike(point) : undefined));
  }

  /** Say which pixels have nearly the color of the one at a point. */
  function alike({ x, y }) {
    now.current.pixels ??= pixelsOf(stage.current.querySelector("img"), size.width, size.height);
    const { pixels } = now.current;
    const start = 4 * (Math.floor(y) * size.width + Math.floor(x));
    return (index) => Math.max(...[0, 1, 2].map((c) => Math.abs(pixels[4 * index + c] - pixels[start + c]))) <= reach;
  }

  // What listeners, which are there for long, see of this moment.
  const now = useRef({ label: 0, pixels: null });
  const { settle: lift, forget } = regional;
  Object.assign(now.current, { view, box, picture: shown && box ? size : null, change: setView, hover: setBrush, press, stroke, lift, forget });
  useEffect(() => listenToBrush(stage.current, () => now.current), []);
  useEffect(() => {
    now.current.pixels = null;
    setView(FIT);
  }, [picture]);

  const byKeys = useKeyBrush({ size, box, view, setView, tool, brush, setBrush, press, stroke, lift, setSaid });
  const commands = {
    undo: () => regional.act(labels.undo()),
    redo: () => regional.act(labels.redo()),
    clear: () => regional.act(labels.clear(rest)),
    tool: setTool,
    region: (index) => index <= rest && setRegion(index),
    erase: () => setRegion(rest),
    size: (times) => setDiameter((old) => bounded(resized(old, times), longest, 1)),
    walk: (across, down, fine) => byKeys.walk(...[across, down].map((each) => each * (fine ? 1 : Math.max(1, Math.round(diameter / 4))))),
    lower: byKeys.lower,
    toggle: byKeys.toggle,
    zoom: (key) => setView(steered(key, view, box, size) ?? view),
  };

  const place = box && placed(view, box, size);
  const ring = place && brush && onStage(brush, view, box, size);
  const across = place && (diameter * place.width) / size.width;
  return html`<section class="mask" aria-label=${t("mask.title")}>
    <div class="mask-bar">
      <${Regions} regions=${[...regions, t(`mask.rest.${role}`)]} tints=${tints} chosen=${region} choose=${setRegion} />
      <${Tools} tool=${tool} commands=${commands} undoable=${labels.past.length > 0} redoable=${labels.future.length > 0} />
      <${Reach} ...${{ tool, diameter, most: longest, reach, setDiameter, setReach }} />
    </div>
    <${Keys} commands=${commands} stage=${stage} ratio=${`${width} / ${height}`}>
      ${shown && place && html`<img src=${shown.url} alt="" style=${px(place)} draggable=${false} />`}
      <canvas ref=${canvas} width=${size.width} height=${size.height} style=${place ? px(place) : {}}></canvas>
      ${ring && html`<div class="mask-ring" style=${px({ left: ring.x - across / 2, top: ring.y - across / 2, width: across, height: across })} />`}
    <//>
    <p class="mask-hint" id="mask-hint">${t("mask.hint")}</p>
    <p class="unseen" role="status">${said}</p>
    <${End} missing=${empty < 0 ? null : regions[empty]} onCancel=${onCancel} save=${() => saved(labels, rest, width, height, onSave)} />
  </section>`;
}

/** The brush moved by keys: it paints if it is down, and the picture follows it. */
function useKeyBrush({ size, box, view, setView, tool, brush, setBrush, press, stroke, lift, setSaid }) {
  const [pen, setPen] = useState(false);
  const here = brush ?? { x: size.width / 2, y: size.height / 2 };

  function walk(across, down) {
    const to = { x: bounded(here.x + across, size.width), y: bounded(here.y + down, size.height) };
    setBrush(to);
    if (pen) stroke(here, to);
    const place = onStage(to, view, box, size);
    setView(panned(view, bounded(place.x, box.width) - place.x, bounded(place.y, box.height) - place.y, box, size));
    const [x, y] = [to.x / size.width, to.y / size.height].map((share) => number(Math.round(100 * share)));
    setSaid(t("mask.at", { x, y }));
  }
  function lower(down) {
    if (down && !pen) press(here);
    if (down) setBrush(here);
    if (!down && pen) lift();
    setPen(down && tool === "brush");
  }
  const toggle = () => {
    setSaid(t(pen ? "mask.penUp" : "mask.penDown"));
    lower(!pen);
  };
  return { walk, lower, toggle };
}

/** What is still missing, and the way out. */
function End({ missing, onCancel, save }) {
  const [saving, setSaving] = useState(false);
  const press = () => {
    setSaving(true);
    save().finally(() => setSaving(false));
  };
  return html`<footer class="mask-end">
    <p class="mask-need" id="mask-need">${missing === null ? "" : t("mask.empty", { name: missing })}</p>
    ${onCancel && html`<button type="button" onClick=${onCancel}>${t("mask.cancel")}</button>`}
    <button type="button" class="primary" disabled=${missing !== null || saving} aria-describedby="mask-need" onClick=${press}>${t("mask.save")}</button>
  </footer>`;
}

async function saved(labels, count, width, height, onSave) {
  const values = await kept(labels, count, width, height);
  const { content } = await encodeMasks({ content: values, styles: [] });
  await onSave(content, values);
}

/** As many pixels as are painted on, in the picture's proportions. */
function workSize(width, height) {
  const shrink = Math.min(1, LONGEST / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * shrink)), height: Math.max(1, Math.round(height * shrink)) };
}

/** So many times as large, and at least a pixel larger or smaller. */
const resized = (old, times) => Math.round(times > 1 ? Math.max(old + 1, old * times) : Math.min(old - 1, old * times));

const bounded = (value, most, least = 0) => Math.min(Math.max(value, least), most);
