// All runs, newest first: looked for, compared, taken up again, thrown away.

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { api } from "./api.js";
import { Card } from "./gallery-card.js";
import { EMPTY, Filters, query } from "./gallery-filters.js";
import { Dialog } from "./parts.js";
import { calledOf } from "./runs.js";
import { announce, update, useStore } from "./store.js";
import { t } from "./words.js";

const PAGE = 24; // runs fetched at a time
const PLACE = "pincel.gallery";

/**
 * Show past runs.
 *
 * @param navigate (hash) goes to another part of the page.
 * @param reuse (run) puts what a run was made of into the form.
 */
export function Gallery({ navigate, reuse }) {
  const [filter, setFilter] = useState(remembered);
  const [found, setFound] = useState(null);
  const [chosen, setChosen] = useState([]);
  const [doomed, setDoomed] = useState(null);
  const list = useRef(null);
  const store = useStore();
  const { load, more } = useRuns(filter, setFound, stamp(store.runs));
  const runs = found?.runs.map((run) => store.runs.get(run.id) ?? run) ?? [];

  const narrow = (changes) => {
    const next = { ...filter, ...changes };
    sessionStorage.setItem(PLACE, JSON.stringify(next));
    setFilter(next);
  };
  // Of three the first makes room: a click always does something.
  const choose = (id) => setChosen((old) => (old.includes(id) ? old.filter((each) => each !== id) : [...old.slice(-1), id]));

  async function remove(run) {
    await api.del(`api/runs/${run.id}`);
    const place = runs.findIndex(({ id }) => id === run.id);
    const next = runs[place + 1] ?? runs[place - 1];
    store.runs.delete(run.id);
    setFound((old) => ({ ...old, runs: old.runs.filter(({ id }) => id !== run.id) }));
    setChosen((old) => old.filter((id) => id !== run.id));
    setDoomed(null);
    // An answer on its way may still have the run in it.
    load();
    update({ said: t("gallery.deleted", { title: calledOf(run) }) });
    // The button that had the focus is gone with its card.
    requestAnimationFrame(() => (next ? document.getElementById(`open-${next.id}`) : list.current)?.focus());
  }

  return html`<section class="gallery" aria-labelledby="gallery-title">
    <header class="gallery-head">
      <h1 id="gallery-title">${t("gallery.title")}</h1>
      <${Filters} filter=${filter} narrow=${narrow} recipes=${store.settings?.recipes ?? []} />
    </header>
    <div class="gallery-body" ref=${list} tabindex="-1">
      ${found?.trouble &&
      html`<p class="error" role="alert">
        ${found.trouble} <button type="button" class="quiet small" onClick=${load}>${t("gallery.again")}</button>
      </p>`}
      ${found && !runs.length && !found.trouble && html`<${Nothing} filtered=${query(filter).size > 0} narrow=${narrow} />`}
      <ul class="wall" aria-busy=${String(!found)}>
        ${runs.map(
          (run) => html`<${Card}
            key=${run.id}
            run=${run}
            chosen=${chosen.includes(run.id)}
            choose=${() => choose(run.id)}
            reuse=${() => reuse(run)}
            remove=${() => setDoomed(run)}
          />`,
        )}
      </ul>
      ${found?.more && html`<${More} load=${more} />`}
    </div>
    ${chosen.length > 0 && html`<${Chosen} ids=${chosen} clear=${() => setChosen([])} navigate=${navigate} />`}
    ${doomed && html`<${Farewell} run=${doomed} remove=${() => remove(doomed)} onClose=${() => setDoomed(null)} />`}
  </section>`;
}

/** Fetch runs as the filter has them, again whenever `version` changes. */
function useRuns(filter, setFound, version) {
  const newest = useRef(0);
  const shown = useRef(PAGE);
  const oldest = useRef(null);

  async function ask(limit, before) {
    const turn = ++newest.current;
    const asked = query(filter);
    asked.set("limit", limit);
    if (before) asked.set("before", before);
    try {
      const answer = await api.get(`api/runs?${asked}`);
      // An answer that was overtaken is no longer wanted.
      if (turn !== newest.current) return;
      setFound((old) => ({ runs: before ? [...old.runs, ...answer.runs] : answer.runs, more: answer.more }));
      oldest.current = answer.runs.at(-1)?.id ?? oldest.current;
      if (before) shown.current += answer.runs.length;
    } catch (error) {
      if (turn === newest.current) setFound((old) => ({ runs: [], more: false, ...old, trouble: error.message || t("gallery.lost") }));
    }
  }

  const load = () => ask(shown.current);
  useEffect(() => {
    shown.current = PAGE;
  }, [filter]);
  useEffect(() => {
    const soon = setTimeout(load, 150);
    return () => clearTimeout(soon);
  }, [filter, version]);
  return { load, more: () => ask(PAGE, oldest.current) };
}

/** What changes when a run comes, ends or goes, but not at its every step. */
function stamp(runs) {
  return [...runs.values()].map((run) => `${run.id}${run.state}${run.has_result}`).sort().join();
}

function remembered() {
  try {
    return { ...EMPTY, ...JSON.parse(sessionStorage.getItem(PLACE)) };
  } catch {
    return EMPTY;
  }
}

function Nothing({ filtered, narrow }) {
  return html`<div class="nothing">
    <p>${t(filtered ? "gallery.noMatch" : "gallery.empty")}</p>
    ${filtered
      ? html`<button type="button" onClick=${() => narrow(EMPTY)}>${t("gallery.showAll")}</button>`
      : html`<a class="button" href="#/">${t("gallery.begin")}</a>`}
  </div>`;
}

/** More is fetched when its button comes into sight, or is pressed. */
function More({ load }) {
  const button = useRef(null);
  const [busy, setBusy] = useState(false);
  const latest = useRef(null);
  latest.current = async () => {
    if (busy) return;
    setBusy(true);
    await load();
    setBusy(false);
  };
  useEffect(() => {
    const watch = new IntersectionObserver(([entry]) => entry.isIntersecting && latest.current(), { rootMargin: "300px" });
    watch.observe(button.current);
    return () => watch.disconnect();
  }, []);
  return html`<p class="more">
    <button type="button" ref=${button} aria-busy=${String(busy)} onClick=${() => latest.current()}>${t("gallery.more")}</button>
  </p>`;
}

function Chosen({ ids, clear, navigate }) {
  const compare = () => navigate(`#/compare/${ids.join("/")}`);
  useEffect(() => announce(t("gallery.chosen", { count: ids.length })), [ids.length]);
  return html`<div class="chosen-bar">
    <span>${t("gallery.chosen", { count: ids.length })}</span>
    <button type="button" class="quiet" onClick=${clear}>${t("gallery.unchoose")}</button>
    <button type="button" class="primary" disabled=${ids.length < 2} onClick=${compare}>${t("gallery.compare")}</button>
  </div>`;
}

function Farewell({ run, remove, onClose }) {
  const [trouble, setTrouble] = useState("");
  const go = () => remove().catch((error) => setTrouble(error.message || t("gallery.lost")));
  return html`<${Dialog} label=${t("gallery.deleteTitle", { title: calledOf(run) })} onClose=${onClose}>
    <p class="farewell">${t("gallery.deleteText")}</p>
    ${trouble && html`<p class="error" role="alert">${trouble}</p>`}
    <div class="dialog-end">
      <button type="button" onClick=${onClose}>${t("gallery.keep")}</button>
      <button type="button" class="danger" onClick=${go}>${t("gallery.delete")}</button>
    </div>
  <//>`;
}
