// The mask painter: which part of a picture is painted after which style, or not at all.

import { html, useEffect, useMemo, useRef, useState } from "../vendor/preact.js";
import { Keys, Regions, Reach, Tools } from "./mask-tools.js";
import { listenToBrush, onStage } from "./mask-brush.js";
import { Labels } from "./mask-labels.js";
import { encodeMasks, flat, kept, unkept } from "./mask-files.js";
import { pixelsOf, rgb } from "./mask-png.js";
import { steered } from "./gestures.js";
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
  const labels = useMemo(() => new Labels(size.width, size.height, rest), [picture, size, rest]);
  const tints = useMemo(() => flat(rest), [rest]);
  const [view, setView] = useState(FIT);
  const [tool, setTool] = useState("brush");
  const [region, setRegion] = useState(0);
  const [diameter, setDiameter] = useState(() => Math.round(Math.max(size.width, size.height) / 12));
  const [reach, setReach] = useState(24);
  const [brush, setBrush] = useState(null);
  const [pen, setPen] = useState(false);
  const [said, setSaid] = useState("");
  const [saving, setSaving] = useState(false);
  const [version, setVersion] = useState(0);
  const counts = useMemo(() => labels.counts(rest + 1), [labels, version]);
  const empty = counts.slice(0, rest).findIndex((count) => count === 0);

  const show = (area) => area && draw(canvas.current, labels, area, tints);
  const showAll = () => show({ x: 0, y: 0, width: size.width, height: size.height });
  const settle = () => {
    labels.end();
    setVersion((count) => count + 1);
  };
  const act = (area) => {
    show(area);
    settle();
  };

  function press(point, erase = false) {
    now.current.label = erase ? rest : region;
    if (tool === "brush") return stroke(point, point);
    act(labels.fill(point.x, point.y, now.current.label, tool === "alike" ? alike(point) : undefined));
  }
  const stroke = (from, to) => {
    if (tool === "brush") show(labels.line(from, to, diameter / 2, now.current.label));
  };
  function forget() {
    if (labels.end()) show(labels.undo());
    labels.future = [];
    settle();
  }

  /** Say which pixels have nearly the colour of the one at a point. */
  function alike({ x, y }) {
    const image = stage.current.querySelector("img");
    now.current.pixels ??= pixelsOf(image, size.width, size.height);
    const { pixels } = now.current;
    const start = 4 * (Math.floor(y) * size.width + Math.floor(x));
    return (index) => Math.max(...[0, 1, 2].map((c) => Math.abs(pixels[4 * index + c] - pixels[start + c]))) <= reach;
  }

  // What listeners, which are there for long, see of this moment.
  const now = useRef({ label: 0, pixels: null });
  Object.assign(now.current, { view, box, picture: shown && box ? size : null, change: setView, press, stroke, lift: settle, forget, hover: setBrush });
  useEffect(() => listenToBrush(stage.current, () => now.current), []);
  useEffect(showAll, [labels, tints]);
  useEffect(() => {
    now.current.pixels = null;
    setView(FIT);
  }, [picture]);
  useEffect(() => {
    if (painted?.count !== rest) return;
    unkept(painted).then((old) => {
      if (old.values.length !== labels.values.length) return;
      labels.values.set(old.values);
      showAll();
      settle();
    });
  }, [painted, labels]);

  /** Move the brush by keys; it paints if the pen is down, and the picture follows it. */
  function walk(across, down) {
    const from = brush ?? { x: size.width / 2, y: size.height / 2 };
    const to = { x: bounded(from.x + across, size.width), y: bounded(from.y + down, size.height) };
    setBrush(to);
    if (pen) stroke(from, to);
    const place = onStage(to, view, box, size);
    setView(panned(view, bounded(place.x, box.width) - place.x, bounded(place.y, box.height) - place.y, box, size));
    setSaid(t("mask.at", { x: number(Math.round((100 * to.x) / size.width)), y: number(Math.round((100 * to.y) / size.height)) }));
  }

  function lower(down) {
    if (down && !pen) press(brush ?? { x: size.width / 2, y: size.height / 2 });
    if (down && !brush) setBrush({ x: size.width / 2, y: size.height / 2 });
    if (!down && pen) settle();
    setPen(down && tool === "brush");
  }

  const grow = (times) => setDiameter((old) => bounded(Math.round(times > 1 ? Math.max(old + 1, old * times) : Math.min(old - 1, old * times)), size.width, 1));
  const commands = {
    undo: () => act(labels.undo()),
    redo: () => act(labels.redo()),
    clear: () => act(labels.clear(rest)),
    tool: setTool,
    region: (index) => index <= rest && setRegion(index),
    erase: () => setRegion(rest),
    size: grow,
    walk: (across, down, fine) => walk(...[across, down].map((each) => each * (fine ? 1 : Math.max(1, Math.round(diameter / 4))))),
    lower,
    toggle: () => {
      setSaid(t(pen ? "mask.penUp" : "mask.penDown"));
      lower(!pen);
    },
    zoom: (key) => setView(steered(key, view, box, size) ?? view),
  };

  async function save() {
    setSaving(true);
    try {
      const values = await kept(labels, rest, width, height);
      const { content } = await encodeMasks({ content: values, styles: [] });
      await onSave(content, values);
    } finally {
      setSaving(false);
    }
  }

  const place = box && placed(view, box, size);
  const ring = place && brush && onStage(brush, view, box, size);
  const across = place && (diameter * place.width) / size.width;
  return html`<section class="mask" aria-label=${t("mask.title")}>
    <div class="mask-bar">
      <${Regions} regions=${[...regions, t(`mask.rest.${role}`)]} tints=${tints} chosen=${region} choose=${setRegion} />
      <${Tools} tool=${tool} commands=${commands} undoable=${labels.past.length > 0} redoable=${labels.future.length > 0} />
      <${Reach} tool=${tool} diameter=${diameter} most=${Math.max(size.width, size.height)} reach=${reach} setDiameter=${setDiameter} setReach=${setReach} />
    </div>
    <${Keys} commands=${commands} stage=${stage} ratio=${`${width} / ${height}`}>
      ${shown && place && html`<img src=${shown.url} alt="" style=${px(place)} draggable=${false} />`}
      <canvas ref=${canvas} width=${size.width} height=${size.height} style=${place ? px(place) : {}}></canvas>
      ${ring && html`<div class="mask-ring" style=${px({ left: ring.x - across / 2, top: ring.y - across / 2, width: across, height: across })}></div>`}
    <//>
    <p class="mask-hint" id="mask-hint">${t("mask.hint")}</p>
    <p class="unseen" role="status">${said}</p>
    <footer class="mask-end">
      <p class="mask-need" id="mask-need">${empty >= 0 ? t("mask.empty", { name: regions[empty] }) : ""}</p>
      ${onCancel && html`<button type="button" onClick=${onCancel}>${t("mask.cancel")}</button>`}
      <button type="button" class="primary" disabled=${empty >= 0 || saving} aria-describedby="mask-need" onClick=${save}>${t("mask.save")}</button>
    </footer>
  </section>`;
}

function workSize(width, height) {
  const shrink = Math.min(1, LONGEST / Math.max(width, height));
  return { width: Math.max(1, Math.round(width * shrink)), height: Math.max(1, Math.round(height * shrink)) };
}

function bounded(value, most, least = 0) {
  return Math.min(Math.max(value, least), most);
}

/** Show the regions of a rectangle on the canvas over the picture. */
function draw(canvas, labels, area, tints) {
  const image = new ImageData(area.width, area.height);
  // A pixel is one number: red in the lowest byte, opacity in the highest.
  const pixels = new Uint32Array(image.data.buffer);
  const colours = Uint32Array.from(tints.map(rgb), ([red, green, blue]) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0);
  let next = 0;
  for (let row = area.y; row < area.y + area.height; row++) {
    const start = row * labels.width + area.x;
    for (let index = start; index < start + area.width; index++) pixels[next++] = colours[labels.values[index]] ?? 0;
  }
  canvas.getContext("2d").putImageData(image, area.x, area.y);
}
