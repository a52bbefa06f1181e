// The page: its head, and which part of it the address asks for.

import { html, render, useEffect, useErrorBoundary, useRef, useState } from "../vendor/preact.js";
import { About } from "./about.js";
import { Compose } from "./compose.js";
import { reuse } from "./form.js";
import { Live } from "./live.js";
import { Icon, Later } from "./parts.js";
import { Pill } from "./queue.js";
import { connect, loadSettings, useStore } from "./store.js";
import { LANGUAGES, language, loadWords, setLanguage, t } from "./words.js";

const THEMES = ["auto", "light", "dark"];
const MAIN = [
  ["", "paint", "brush"],
  ["gallery", "gallery", "gallery"],
  ["studies", "studies", "studies"],
  ["course", "course", "course"],
  ["about", "about", "about"],
];

/** Go to another part of the page. */
export function navigate(hash) {
  location.hash = hash;
}

/** The address after #/, in parts. */
const asked = () => location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);

function useRoute() {
  const [route, set] = useState(asked);
  useEffect(() => {
    const listener = () => set(asked());
    window.addEventListener("hashchange", listener);
    return () => window.removeEventListener("hashchange", listener);
  }, []);
  return route;
}

function Page({ route: [name, ...rest] }) {
  const soon = html`<p class="hint">${t("shell.soon")}</p>`;
  const again = (run) => {
    reuse(run);
    navigate("#/");
  };
  switch (name) {
    case "run":
      return html`<${Live} id=${rest[0]} key=${rest[0]} navigate=${navigate} />`;
    case "gallery":
      return html`<${Later} from="./gallery.js" name="Gallery" navigate=${navigate} reuse=${again}>${soon}<//>`;
    case "compare":
      return html`<${Later} from="./compare.js" name="Compare" a=${rest[0]} b=${rest[1]} navigate=${navigate}>${soon}<//>`;
    case "studies":
      return html`<${Later} from="./studies.js" name="Studies" navigate=${navigate} id=${rest[0]}>${soon}<//>`;
    case "course":
      return html`<${Later} from="./course.js" name="Course" navigate=${navigate} id=${rest[0]} page=${rest[1]} modes=${rest[2]}>${soon}<//>`;
    case "about":
      return html`<${About} />`;
    default:
      return html`<${Compose} navigate=${navigate} />`;
  }
}

/** A mistake of ours in one part must not take the whole page away. */
function Guarded({ route }) {
  const [error, reset] = useErrorBoundary((problem) => console.error(problem));
  if (!error) return html`<${Page} route=${route} />`;
  return html`<section class="panel" role="alert"><h1>${t("shell.broken")}</h1><p class="mono">${String(error.message ?? error)}</p><button class="quiet" onClick=${reset}>${t("shell.retry")}</button></section>`;
}

function Theme() {
  const [theme, set] = useState(localStorage.getItem("pincel.theme") ?? "auto");
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  const turn = () => {
    if (next === "auto") {
      localStorage.removeItem("pincel.theme");
      delete document.documentElement.dataset.theme;
    } else {
      localStorage.setItem("pincel.theme", next);
      document.documentElement.dataset.theme = next;
    }
    set(next);
  };
  const label = t("shell.theme", { theme: t(`shell.themes.${theme}`) });
  return html`<button type="button" class="quiet round" aria-label=${label} title=${label} onClick=${turn}><${Icon} name="theme" /></button>`;
}

function Language({ onChange }) {
  const choose = async (event) => {
    await setLanguage(event.target.value);
    // A server that is lost is asked again when it is back.
    await loadSettings().catch(() => {});
    onChange();
  };
  return html`<select class="language" aria-label=${t("shell.language")} onChange=${choose}>
    ${Object.entries(LANGUAGES).map(([tag, name]) => html`<option value=${tag} lang=${tag} selected=${tag === language()}>${name}</option>`)}
  </select>`;
}

function App() {
  const { online, refused, said } = useStore();
  const route = useRoute();
  const [spoken, speak] = useState(language());
  const main = useRef(null);
  const first = useRef(true);
  const where = MAIN.find(([path]) => path === route[0])?.[1] ?? { run: "paint", compare: "gallery" }[route[0]] ?? "paint";

  useEffect(() => {
    if (route[0] !== "run") document.title = `${t(`shell.${where}`)} · pincel`;
  }, [route.join("/"), spoken]);
  useEffect(() => {
    // A new page begins at its top, for the keyboard and the eye.
    if (!first.current) {
      main.current.focus({ preventScroll: true });
      window.scrollTo(0, 0);
    }
    first.current = false;
  }, [route.join("/")]);

  return html`<div class="shell">
    <button type="button" class="skip" onClick=${() => main.current.focus()}>${t("shell.skip")}</button>
    <header class="head">
      <a class="brand" href="#/" aria-label="pincel"><img src="static/icon.svg" alt="" width="26" height="26" /><span>pincel</span></a>
      <nav aria-label=${t("shell.parts")}>
        ${MAIN.map(([path, name, icon]) => html`<a href="#/${path}" aria-current=${where === name ? "page" : null}><${Icon} name=${icon} /><span>${t(`shell.${name}`)}</span></a>`)}
      </nav>
      <div class="tools"><${Pill} /><${Language} onChange=${() => speak(language())} /><${Theme} /></div>
    </header>
    ${!online && html`<p class="lost" role="alert">${refused || `${t("shell.lost")} ${t("shell.lostHint")}`}</p>`}
    <main ref=${main} id="main" tabindex="-1" key=${spoken}><${Guarded} route=${route} key=${route[0]} /></main>
    <p class="unseen" role="status">${said}</p>
  </div>`;
}

await loadWords();
connect();
render(html`<${App} />`, document.getElementById("app"));
