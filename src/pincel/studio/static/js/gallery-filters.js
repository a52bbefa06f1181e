// What is looked for in the gallery.

import { html, useEffect, useState } from "../vendor/preact.js";
import { nameOf } from "./parts.js";
import { studyName } from "./runs.js";
import { store } from "./store.js";
import { t } from "./words.js";

export const STATES = ["done", "running", "queued", "cancelled", "interrupted", "failed"];
// Studies that have names of their own here.
const STUDIES =
  "convolution filters activations network patches maximize problem correlations total-variation objective process choices reconstruct pooling separability depth inversion natural augmentation".split(" ");
export const EMPTY = { q: "", recipe: "", state: "", since: "", until: "" };
const PAUSE = 250; // milliseconds without a key before what was typed is looked for

/** What the API is asked for; days are those of the person's own clock. */
export function query({ q, recipe, state, since, until }) {
  const asked = { q: ours(q), recipe, state, since: since && day(since, 0), until: until && day(until, 1) };
  return new URLSearchParams(Object.entries(asked).filter(([, value]) => value));
}

/**
 * Words as the server has them: it knows samples and studies by their own names, here they may have others. Words that are in the name of a
 * picture of the person's stay as they are.
 */
function ours(text) {
  const own = [...store.pictures.values()].map(({ name }) => name?.toLowerCase() ?? "");
  const known = [...store.samples.map(({ name }) => [name, nameOf(`sample:${name}`)]), ...STUDIES.map((name) => [name, studyName(name)])];
  const word = (typed) => {
    if (typed.length < 3 || own.some((name) => name.includes(typed))) return typed;
    const [name] = known.find(([, shown]) => shown.toLowerCase().split(/\s+/).some((part) => part.startsWith(typed))) ?? [typed];
    return name;
  };
  return text.toLowerCase().split(/\s+/).filter(Boolean).map(word).join(" ");
}

/** The moment a day begins, or the one after it. */
function day(date, later) {
  const moment = new Date(`${date}T00:00`);
  moment.setDate(moment.getDate() + later);
  return moment.toISOString();
}

export function Filters({ filter, narrow, recipes }) {
  const field = (name) => ({ id: `gallery-${name}`, value: filter[name], onChange: (event) => narrow({ [name]: event.target.value }) });
  const label = (name) => html`<label for=${`gallery-${name}`}>${t(`gallery.${name}`)}</label>`;
  const [text, setText] = useState(filter.q);
  useEffect(() => setText(filter.q), [filter.q]);
  useEffect(() => {
    if (text === filter.q) return;
    const soon = setTimeout(() => narrow({ q: text }), PAUSE);
    return () => clearTimeout(soon);
  }, [text]);

  return html`<form class="filters" role="search" onSubmit=${(event) => event.preventDefault()}>
    <div class="filter wide">
      ${label("q")}
      <input
        id="gallery-q"
        type="search"
        value=${text}
        placeholder=${t("gallery.example")}
        autocomplete="off"
        onInput=${(event) => setText(event.target.value)}
      />
    </div>
    <div class="filter">
      ${label("recipe")}
      <select ...${field("recipe")}>
        <option value="">${t("gallery.any")}</option>
        ${recipes.map(({ name }) => html`<option value=${name} selected=${name === filter.recipe}>${name}</option>`)}
      </select>
    </div>
    <div class="filter">
      ${label("state")}
      <select ...${field("state")}>
        <option value="">${t("gallery.any")}</option>
        ${STATES.map((name) => html`<option value=${name} selected=${name === filter.state}>${t(`state.${name}`)}</option>`)}
      </select>
    </div>
    <div class="filter">${label("since")}<input type="date" ...${field("since")} max=${filter.until} /></div>
    <div class="filter">${label("until")}<input type="date" ...${field("until")} min=${filter.since} /></div>
  </form>`;
}
