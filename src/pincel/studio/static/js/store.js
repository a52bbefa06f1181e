// What all parts of the page know together: the runs, the pictures, what the server offers. Other tabs' changes come in by /api/events.

import { useEffect, useState } from "../vendor/preact.js";
import { api, events } from "./api.js";
import { language } from "./words.js";

export const store = {
  /** Whether the server answers. */
  online: true,
  /** What it says if it answers, but not to us. */
  refused: "",
  /** Run's id → RunView. */
  runs: new Map(),
  /** Picture, named as a run names it → {name, width, height}. */
  pictures: new Map(),
  samples: [],
  /** Ids of the person's own pictures, newest first. */
  own: [],
  settings: null,
  about: null,
  /** The last thing worth saying aloud to whoever does not see the page. */
  said: "",
};

const listeners = new Set();
const told = () => listeners.forEach((listener) => listener());

/** Change the store and show it. */
export function update(changes) {
  Object.assign(store, changes);
  told();
}

/** Let a component be shown again whenever the store changes. */
export function useStore() {
  const [, count] = useState(0);
  useEffect(() => {
    const listener = () => count((before) => before + 1);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, []);
  return store;
}

/** Say something to screen readers. */
export const announce = (said) => update({ said });

/** Take over what the server says of a run. */
export function keepRun(run) {
  store.runs.set(run.id, run);
  told();
}

/** Ask the server for a run. What was told of it meanwhile is newer than the answer, and stays. */
export async function loadRun(id) {
  const known = store.runs.get(id);
  const run = await api.get(`api/runs/${id}`);
  if (store.runs.get(id) === known) keepRun(run);
}

const ACTIVE = ["running", "queued"];
export const isActive = (run) => ACTIVE.includes(run.state);

/** Return the runs that are being painted or wait, in the order of their turn. */
export function activeRuns() {
  const place = (run) => (run.state === "running" ? -1 : run.queue_position ?? Infinity);
  return [...store.runs.values()].filter(isActive).sort((a, b) => place(a) - place(b) || (a.id < b.id ? -1 : 1));
}

async function loadRuns() {
  const { runs } = await api.get("api/runs?limit=50");
  // A run that ended while nobody listened must not stay active here.
  for (const run of activeRuns()) store.runs.delete(run.id);
  for (const run of runs) store.runs.set(run.id, run);
  update({ online: true, refused: "" });
}

/** How the names of masks begin: they are pictures too, but not to choose from. */
export const MASK = "mask-of-";

/** Fetch the person's own pictures. */
export async function loadPictures() {
  const list = await api.get("api/pictures");
  for (const picture of list) store.pictures.set(picture.id, picture);
  update({ own: list.filter(({ name }) => !name.startsWith(MASK)).map(({ id }) => id) });
}

/** Fetch the settings, in the person's language. */
export async function loadSettings() {
  update({ settings: await api.get(`api/settings?lang=${language()}`) });
}

async function loadOffers() {
  const [samples, about] = await Promise.all([api.get("api/samples"), api.get("api/about"), loadSettings()]);
  for (const sample of samples) store.pictures.set(`sample:${sample.name}`, sample);
  update({ samples, about });
  await loadPictures();
}

let lost = 0;

/** Begin to listen, and rest while nobody looks: browsers have six connections for all tabs together. Called once. */
export function connect() {
  let close = listen();
  let timer = 0;
  document.addEventListener("visibilitychange", () => {
    close();
    clearInterval(timer);
    if (!document.hidden) close = listen();
    // The title of a hidden tab still says how far it is.
    else timer = setInterval(() => activeRuns().length && loadRuns().catch(() => {}), 5000);
  });
}

function listen() {
  return events("api/events", {
    async open() {
      clearTimeout(lost);
      lost = 0;
      try {
        await Promise.all([loadOffers(), loadRuns()]);
      } catch {
        // Gone again: the stream will say so, and come back here.
      }
    },
    lost() {
      // A moment's break is nobody's business.
      lost ||= setTimeout(() => api.get("api/about").catch((error) => update({ online: false, refused: error.message })), 1200);
    },
    runs({ changed }) {
      for (const run of changed) store.runs.set(run.id, run);
      told();
    },
    removed({ ids }) {
      for (const id of ids) store.runs.delete(id);
      told();
    },
  });
}

/** What is known of a picture; asked of the server the first time. */
export function pictureOf(ref) {
  const known = store.pictures.get(ref);
  if (!known && ref && !ref.startsWith("sample:")) {
    store.pictures.set(ref, { name: "…" });
    api.get(`api/pictures/${ref}`).then(
      (picture) => {
        store.pictures.set(ref, picture);
        told();
      },
      // Deleted meanwhile, perhaps; what is left is its number.
      () => store.pictures.set(ref, { name: ref }),
    );
  }
  return store.pictures.get(ref) ?? { name: ref };
}
