// The few settings most people want: how strong, how broad the strokes, how large, whose colors, after which recipe.

import { html } from "../vendor/preact.js";
import { chooseRecipe, recipeOf, rounded, set, valueOf } from "./form.js";
import { Choice, FieldError } from "./parts.js";
import { store } from "./store.js";
import { number, t } from "./words.js";

const SIZES = [256, 512, 768, 1024];
const COLORS = ["style", "content", "luminance", "match", "hues"];

export function Look({ form, errors }) {
  const recipe = recipeOf(form.recipe);
  if (!recipe) return null;
  const size = Number(valueOf("size"));
  return html`<section class="look" aria-labelledby="look-title">
    <h2 id="look-title">${t("look.title")}</h2>
    <${Strength} recipe=${recipe} error=${errors.strength} />
    <${Strokes} error=${errors.strokes} />
    <div class="size">
      <${Choice} name="size" label=${t("look.size")} value=${size} options=${SIZES.map((side) => [side, String(side)])} onPick=${(side) => set("size", side)} />
      <label class="own-size"><span class="unseen">${t("look.sizeOwn")}</span><input type="number" inputmode="numeric" min="16" step="1" value=${size} aria-describedby="error-size size-hint"
        onChange=${(event) => set("size", event.target.value && Number(event.target.value))} /> px</label>
      <p class="hint" id="size-hint">${t("look.sizeHint")}</p>
      <${FieldError} id="error-size" message=${errors.size} />
    </div>
    <${Choice} name="color" label=${t("look.color")} value=${valueOf("color")} options=${COLORS.map((color) => [color, t(`look.colors.${color}`)])}
      onPick=${(color) => set("color", color)} error=${errors.color} />
    <div class="field">
      <label for="recipe">${t("look.recipe")}</label>
      <select id="recipe" value=${recipe.name} aria-describedby="recipe-good error-recipe" onChange=${(event) => chooseRecipe(event.target.value)}>
        ${store.settings.recipes.map(({ name }) => html`<option value=${name} selected=${name === recipe.name}>${name}</option>`)}
      </select>
      <p class="hint" id="recipe-good">${recipe.summary}.${recipe.good_for && html` ${t("look.goodFor")} <em>${recipe.good_for}.</em>`}</p>
      <${FieldError} id="error-recipe" message=${errors.recipe} />
    </div>
  </section>`;
}

/** From the photograph over what the recipe is for to the painting; nothing to choose where the recipe knows no photograph. */
function Strength({ recipe, error }) {
  const strength = Number(valueOf("strength"));
  const possible = recipe.values.content_weight > 0;
  const move = (event) => {
    const moved = Number(event.target.value);
    set("strength", moved === 1 ? undefined : moved);
  };
  const shown = possible ? `× ${number(strength)}` : t("look.strengthNone");
  return html`<div class="field">
    <div class="row"><label for="strength">${t("look.strength")}</label><output class="mono">${shown}</output></div>
    <input id="strength" type="range" min="0" max="2" step="0.05" value=${strength} disabled=${!possible} aria-valuetext=${shown} aria-describedby=${error ? "error-strength" : null} onInput=${move} />
    <div class="ends" aria-hidden="true"><span>${t("look.photograph")}</span><span>${t("look.painting")}</span></div>
    <${FieldError} id="error-strength" message=${error} />
  </div>`;
}

/** The size a painting is looked at in, in powers of two: larger, and its strokes are broader. */
function Strokes({ error }) {
  const scales = [].concat(valueOf("strokes") ?? 1);
  const scale = parseFloat(scales[0]);
  const move = (event) => {
    const moved = rounded(2 ** Number(event.target.value));
    set("strokes", moved === 1 ? undefined : String(moved));
  };
  return html`<div class="field">
    <div class="row"><label for="strokes">${t("look.strokes")}</label><output class="mono">× ${number(scale)}</output></div>
    <input id="strokes" type="range" min="-2" max="1" step="0.25" value=${Math.log2(scale)} aria-valuetext="× ${number(scale)}" aria-describedby=${error ? "error-strokes" : null} onInput=${move} />
    <div class="ends" aria-hidden="true"><span>${t("look.fine")}</span><span>${t("look.broad")}</span></div>
    <${FieldError} id="error-strokes" message=${error} />
  </div>`;
}
