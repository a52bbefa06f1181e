// The form as it is being filled in: what it holds, how it is kept over a reload, and what it asks the server for.

import { useEffect, useState } from "../vendor/preact.js";
import { api } from "./api.js";
import { nameOf } from "./parts.js";
import { MASK, store } from "./store.js";

const PLACE = "pincel.form";

/**
 * content: the photograph, named as a run names it. styles: [{picture, weight, mask}]. mask, and that of each style: what was painted on it,
 * as MaskPainter gives and takes it. same: masks of an earlier run, as they were sent. settings: what differs from the recipe.
 */
const EMPTY = { content: null, styles: [], recipe: null, settings: {}, mask: null, same: null };

function kept() {
  try {
    return { ...EMPTY, ...JSON.parse(sessionStorage.getItem(PLACE)) };
  } catch {
    return EMPTY;
  }
}

let form = kept();
const listeners = new Set();

/** Change some of the form. */
export function change(changes) {
  form = { ...form, ...changes };
  sessionStorage.setItem(PLACE, JSON.stringify(form));
  listeners.forEach((listener) => listener(form));
}

/** Return the form, and be shown again when it changes. */
export function useForm() {
  const [now, set] = useState(form);
  useEffect(() => {
    set(form);
    listeners.add(set);
    return () => listeners.delete(set);
  }, []);
  return now;
}

/** Take another photograph; the mask was painted on the one before. */
export const chooseContent = (picture) => change({ content: picture, mask: null, same: null });

/** Take a painting, or leave it if it is taken. */
export function toggleStyle(picture) {
  const without = form.styles.filter((style) => style.picture !== picture);
  if (without.length < form.styles.length) return leave(without);
  return leave([...form.styles, { picture, weight: 1, mask: null }]);
}

/** Another number of paintings needs another mask: its regions are theirs. */
const leave = (styles) => change({ styles, mask: null, same: null });

/** Change one painting's weight or mask. */
export function changeStyle(picture, changes) {
  change({ styles: form.styles.map((style) => (style.picture === picture ? { ...style, ...changes } : style)) });
}

/** Set a value, or with undefined leave it to the recipe. */
export function set(name, value) {
  const { [name]: _, ...others } = form.settings;
  change({ settings: value === undefined || value === "" ? others : { ...others, [name]: value } });
}

/** Forget a picture that is gone. */
export function forget(picture) {
  if (form.content === picture) chooseContent(null);
  if (form.styles.some((style) => style.picture === picture)) toggleStyle(picture);
}

export const recipeOf = (name) => store.settings?.recipes.find((recipe) => recipe.name === (name ?? store.settings.default_recipe));

/** What a setting is now: as set here, or as the recipe has it. */
export const valueOf = (name) => form.settings[name] ?? recipeOf(form.recipe)?.values[name];

/** Steer by another recipe; style over content stays as many times stronger or weaker than the recipe's as it was. */
export function chooseRecipe(name) {
  const [before, after] = [recipeOf(form.recipe)?.values, recipeOf(name)?.values];
  const settings = { ...form.settings };
  for (const weight of ["style_weight", "content_weight"]) {
    if (weight in settings && before?.[weight] && after?.[weight]) settings[weight] = rounded((after[weight] * settings[weight]) / before[weight]);
  }
  change({ recipe: name, settings });
}

/** Three digits are enough for a weight. */
export const rounded = (value) => Number(value.toPrecision(3));

/** Fill the form with what a run was made of. */
export function reuse(run) {
  const styles = run.styles.map((style) => ({ picture: style.picture ?? style, weight: style.weight ?? 1, mask: null }));
  const same = run.content_mask || run.style_masks?.length ? { content_mask: run.content_mask, style_masks: run.style_masks } : null;
  change({ ...EMPTY, content: run.content, styles, recipe: run.recipe, settings: { ...run.settings }, same });
}

/** Put the form into the words of the API; what was painted on the pictures is sent ahead, as pictures of its own. */
export async function request() {
  const { content, styles, recipe, settings, mask, same } = form;
  const pairs = styles.map(({ picture, weight }) => ({ picture, weight }));
  const asked = { content, styles: pairs, recipe: recipe ?? store.settings?.default_recipe, settings, content_mask: null, style_masks: [] };
  if (mask || styles.some((style) => style.mask)) return { ...asked, ...(await masks(content, mask, styles)) };
  return { ...asked, ...same };
}

async function masks(photograph, mask, styles) {
  const { encodeMasks } = await import("./mask-files.js");
  const encoded = await encodeMasks({ content: mask, styles: styles.map((style) => style.mask) });
  const sent = async (blob, picture) => (blob ? (await api.upload(blob, `${MASK}${nameOf(picture)}.png`)).id : null);
  const [content_mask, ...style_masks] = await Promise.all([sent(encoded.content, photograph), ...encoded.styles.map((blob, index) => sent(blob, styles[index].picture))]);
  return { content_mask, style_masks };
}
