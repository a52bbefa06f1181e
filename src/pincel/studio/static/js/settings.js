// Every value of a recipe, with its help, made from what the server says of them.

import { html, useEffect, useRef } from "../vendor/preact.js";
import { recipeOf, set, change } from "./form.js";
import { FieldError } from "./parts.js";
import { useStore } from "./store.js";
import { has, t } from "./words.js";

// Pictures are painted on in the page, and the recipe has a field of its own.
const ELSEWHERE = ["recipe", "content_mask", "style_mask"];
// Whose errors are shown by the few settings above.
const ABOVE = ["size", "style_weight", "content_weight", "strokes", "color"];

export function AllSettings({ form, errors }) {
  const { settings } = useStore();
  const place = useRef(null);
  const names = settings?.groups.flatMap((group) => group.settings.map((setting) => setting.name)) ?? [];
  const wrong = names.find((name) => errors[name] && !ABOVE.includes(name));
  useEffect(() => {
    if (!wrong) return;
    place.current.open = true;
    document.getElementById(`setting-${wrong}`)?.focus();
  }, [wrong]);
  if (!settings) return null;

  const changed = Object.keys(form.settings).length;
  const recipe = recipeOf(form.recipe);
  return html`<details class="all" ref=${place}>
    <summary>${t("settings.title")}${changed ? html` <span class="badge">${t("settings.changed", { count: changed })}</span>` : null}</summary>
    ${changed > 0 && html`<button type="button" class="quiet small" onClick=${() => change({ settings: {} })}>${t("settings.reset")}</button>`}
    ${settings.groups.map((group) => ({ ...group, settings: group.settings.filter(({ name }) => !ELSEWHERE.includes(name)) })).filter((group) => group.settings.length).map(
      (group) => html`<fieldset key=${group.title}>
        <legend>${group.title}</legend>
        ${group.settings.map((setting) => html`<${Setting} key=${setting.name} setting=${setting} value=${form.settings[setting.name]} own=${recipe?.values[setting.name]} error=${ABOVE.includes(setting.name) ? "" : errors[setting.name]} />`)}
      </fieldset>`,
    )}
  </details>`;
}

/** A setting's name in the person's language. */
export function labelOf(name) {
  return has(`setting.${name}`) ? t(`setting.${name}`) : name.replaceAll("_", " ");
}

/** A value as a person would type it: layers as relu1_1=0.2,relu2_1=0.8. */
export function asText(value) {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.join(",");
  if (typeof value === "object") return Object.entries(value).map(([key, weight]) => `${key}=${Number(weight.toPrecision?.(3) ?? weight)}`).join(",");
  return String(value);
}

function Setting({ setting, value, own, error }) {
  const { name, kind, help, choices, suggestions, minimum, maximum } = setting;
  const id = `setting-${name}`;
  const usual = asText(own ?? setting.default);
  const numeric = kind === "number" || kind === "integer";
  const take = (event) => {
    const text = event.target.value.trim();
    set(name, text === "" ? undefined : numeric && Number.isFinite(Number(text)) ? Number(text) : text);
  };
  const described = { id, "aria-describedby": `${id}-help${error ? ` error-${name}` : ""}`, "aria-invalid": error ? "true" : null, onChange: take };
  return html`<div class="field ${value === undefined ? "" : "changed"}">
    <div class="row"><label for=${id}>${labelOf(name)}</label>
      ${value !== undefined && html`<button type="button" class="link small" aria-label="${t("settings.back")}: ${labelOf(name)}" onClick=${() => set(name, undefined)}>${t("settings.back")}</button>`}</div>
    ${choices
      ? html`<select ...${described} value=${value ?? ""}><option value="">${usual} ${t("settings.ofRecipe")}</option>
          ${choices.map((choice) => html`<option value=${choice} selected=${choice === value}>${choice}</option>`)}</select>`
      : html`<input ...${described} type=${numeric ? "number" : "text"} step=${kind === "integer" ? "1" : "any"} min=${minimum} max=${maximum} placeholder=${usual || t("settings.none")} value=${value ?? ""}
          autocomplete="off" spellcheck=${false} list=${suggestions ? `${id}-known` : null} />
          ${suggestions && html`<datalist id="${id}-known">${suggestions.map((known) => html`<option value=${known} />`)}</datalist>`}`}
    <p class="hint" id="${id}-help">${help}</p>
    <${FieldError} id="error-${name}" message=${error} />
  </div>`;
}
