// The tools around the mask painter's stage, and its keys.

import { html } from "../vendor/preact.js";
import { Icon } from "./stage.js";
import { t } from "./words.js";

const TOOLS = ["brush", "fill", "alike"];

/** Which region the tools paint; the last one is what erasing leaves. */
export function Regions({ regions, tints, chosen, choose }) {
  return html`<fieldset class="mask-regions">
    <legend class="unseen">${t("mask.regions")}</legend>
    ${regions.map(
      (name, index) => html`<label class="chip" title=${name}>
        <input type="radio" name="mask-region" checked=${index === chosen} onChange=${() => choose(index)} />
        <span>
          <i class=${tints[index] ? "swatch" : "swatch none"} style=${{ background: tints[index] ?? "" }}></i>
          ${tints[index] ? name : html`${t("mask.erase")}<b class="unseen">: ${name}</b>`}
        </span>
      </label>`,
    )}
  </fieldset>`;
}

/** Brush, fill, fill by color; undo, redo, clear. */
export function Tools({ tool, commands, undoable, redoable }) {
  return html`<fieldset class="mask-tools">
      <legend class="unseen">${t("mask.tools")}</legend>
      ${TOOLS.map(
        (name) => html`<label class="chip" title=${t(`mask.about.${name}`)}>
          <input type="radio" name="mask-tool" checked=${tool === name} onChange=${() => commands.tool(name)} />
          <span>${t(`mask.tool.${name}`)}</span>
        </label>`,
      )}
    </fieldset>
    <div class="mask-history">
      <button type="button" class="icon-button" disabled=${!undoable} title=${t("mask.undo")} aria-label=${t("mask.undo")} onClick=${commands.undo}>
        <${Icon} name="undo" />
      </button>
      <button type="button" class="icon-button" disabled=${!redoable} title=${t("mask.redo")} aria-label=${t("mask.redo")} onClick=${commands.redo}>
        <${Icon} name="redo" />
      </button>
      <button type="button" onClick=${commands.clear}>${t("mask.clear")}</button>
    </div>`;
}

/** How large the brush is, or how far filling by color goes. */
export function Reach({ tool, diameter, most, reach, setDiameter, setReach }) {
  if (tool === "fill") return null;
  if (tool === "alike") {
    return html`<label class="mask-size">
      <span>${t("mask.reach")}</span>
      <input type="range" min="1" max="128" value=${reach} onInput=${(event) => setReach(Number(event.target.value))} />
    </label>`;
  }
  // Small sizes matter more than large ones: the slider goes by the logarithm.
  const scale = Math.log(most / 2);
  return html`<label class="mask-size">
    <span>${t("mask.size")}</span>
    <input
      type="range"
      min="0"
      max="100"
      value=${Math.round((100 * Math.log(diameter)) / scale)}
      aria-valuetext=${t("mask.pixels", { count: diameter })}
      onInput=${(event) => setDiameter(Math.max(1, Math.round(Math.exp((scale * event.target.value) / 100))))}
    />
  </label>`;
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The stage, and what its keys do. */
export function Keys({ commands, stage, ratio, children }) {
  const keys = {
    " ": () => commands.lower(true),
    Enter: commands.toggle,
    "[": () => commands.size(1 / 1.25),
    "]": () => commands.size(1.25),
    b: () => commands.tool("brush"),
    f: () => commands.tool("fill"),
    c: () => commands.tool("alike"),
    e: commands.erase,
    z: commands.undo,
    y: commands.redo,
    ...Object.fromEntries(["+", "=", "-", "0"].map((key) => [key, () => commands.zoom(key)])),
  };

  function down(event) {
    const control = event.ctrlKey || event.metaKey;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    let action = keys[key];
    if (control) action = key === "z" ? (event.shiftKey ? commands.redo : commands.undo) : key === "y" ? commands.redo : null;
    else if (key in ARROWS) action = () => commands.walk(...ARROWS[key], event.shiftKey);
    else if (/^[1-9]$/.test(key)) action = () => commands.region(Number(key) - 1);
    if (!action || event.altKey) return;
    event.preventDefault();
    if (!(event.repeat && (key === " " || key === "Enter"))) action();
  }

  const up = (event) => event.key === " " && commands.lower(false);
  return html`<div
    class="easel mask-easel"
    ref=${stage}
    style=${{ aspectRatio: ratio }}
    tabindex="0"
    role="application"
    aria-label=${t("mask.stage")}
    aria-describedby="mask-hint"
    onKeyDown=${down}
    onKeyUp=${up}
    onBlur=${() => commands.lower(false)}
  >
    ${children}
  </div>`;
}
