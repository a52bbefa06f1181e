// The course: which pictures it is made from, how far it is, its table of contents, and its pages, for a reader or for a lecture.

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { api } from "./api.js";
import { FieldError, Message } from "./parts.js";
import { calledOf } from "./runs.js";
import { isActive, keepRun, loadRun, useStore } from "./store.js";
import { Pictures } from "./study-pictures.js";
import { Progress } from "./study-run.js";
import { language, moment, t } from "./words.js";

const PAST = 12; // courses of before that are shown
const ROLES = { picture: "sample:harbour", painting: "sample:impasto" };
const PARTS = ["lecture", "readings"];

/**
 * Show the course.
 *
 * @param navigate (hash) goes to another part of the studio.
 * @param id Of a course that was begun; left out to begin one.
 * @param page Name of a page of it; left out for its contents.
 * @param modes What the page is shown with: words joined by &, such as "lecture".
 */
export function Course({ navigate, id, page, modes = "" }) {
  const [pages, setPages] = useState([]);
  const [trouble, setTrouble] = useState("");
  useEffect(() => {
    api.get(`api/courses?lang=${language()}`).then(setPages, (error) => setTrouble(error.message || t("shell.lost")));
  }, []);
  if (id && page) return html`<${Shown} id=${id} page=${page} modes=${modes} pages=${pages} navigate=${navigate} />`;
  if (id) return html`<${CourseRun} key=${id} id=${id} pages=${pages} />`;
  return html`<section class="studies" aria-labelledby="course-title">
    <header>
      <h1 id="course-title">${t("course.title")}</h1>
      <p class="lead">${t("course.lead")}</p>
    </header>
    <${FieldError} id="error-course" message=${trouble} />
    <${Past} />
    ${pages.length > 0 && html`<${CourseForm} pages=${pages} navigate=${navigate} />`}
  </section>`;
}

function CourseForm({ pages, navigate }) {
  const [chosen, setChosen] = useState(ROLES);
  const [left, setLeft] = useState([]);
  const [error, setError] = useState({});
  const [busy, setBusy] = useState(false);
  const wanted = pages.filter(({ name }) => !left.includes(name));
  const start = async (event) => {
    event.preventDefault();
    const missing = Object.keys(ROLES).find((role) => !chosen[role]);
    if (missing) return setError({ field: missing, message: t("studies.missing", { role: t(`course.role.${missing}`) }) });
    if (!wanted.length) return setError({ message: t("course.none") });
    setBusy(true);
    setError({});
    try {
      const names = left.length ? wanted.map(({ name }) => name) : [];
      const run = await api.post("api/courses", { ...chosen, lang: language(), pages: names });
      keepRun(run);
      navigate(`#/course/${run.id}`);
    } catch (problem) {
      setBusy(false);
      setError({ field: problem.field, message: problem.message || t("shell.lost") });
    }
  };
  const toggle = (name) => setLeft(left.includes(name) ? left.filter((each) => each !== name) : [...left, name]);
  const choose = ({ name }) => html`<label class="check"><input type="checkbox" checked=${!left.includes(name)} onChange=${() => toggle(name)} /><${Title} of=${name} pages=${pages} /></label>`;
  return html`<form class="study-form panel" onSubmit=${start} noValidate aria-labelledby="begin-title">
    <header><h2 id="begin-title">${t("course.begin")}</h2><p>${t("course.beginHint")}</p></header>
    <div class="study-roles">${Object.keys(ROLES).map(
      (role) => html`<${Pictures}
        role=${{ name: role }}
        label=${t(`course.role.${role}`)}
        chosen=${[chosen[role]].filter(Boolean)}
        choose=${([ref = ""]) => setChosen({ ...chosen, [role]: ref })}
        error=${error.field === role ? error.message : ""}
      />`,
    )}</div>
    <details>
      <summary>${t("course.some", { count: wanted.length })}</summary>
      <p class="row wrap">
        <button type="button" class="quiet small" onClick=${() => setLeft([])}>${t("course.all")}</button>
        <button type="button" class="quiet small" onClick=${() => setLeft(pages.map(({ name }) => name))}>${t("course.no")}</button>
      </p>
      <${Contents} pages=${pages} cell=${choose} />
    </details>
    <footer>
      <button class="primary" disabled=${busy}>${t("course.start")}</button>
      <${FieldError} id="error-begin" message=${error.field in ROLES ? "" : error.message} />
    </footer>
  </form>`;
}

const Title = ({ of, pages }) => html`<span>${pages.find(({ name }) => name === of)?.title}</span>`;

/** The pages in their order, with the minutes each takes and when it ends; `cell` is called with each page. */
function Contents({ pages, cell }) {
  return PARTS.map((part) => {
    const rows = pages.filter((page) => page.part === part);
    let ends = 0;
    return rows.length > 0 && html`<table class="contents" key=${part}>
      <caption>${t(`course.part.${part}`)}</caption>
      <thead><tr><th scope="col">${t("course.page")}</th><th scope="col">${t("course.minutes")}</th><th scope="col">${t("course.ends")}</th></tr></thead>
      <tbody>
        ${rows.map((page) => html`<tr key=${page.name}><td>${cell(page)}</td><td>${page.minutes}</td><td>${(ends += page.minutes)}</td></tr>`)}
      </tbody>
    </table>`;
  });
}

/** Courses begun before, newest first. */
function Past() {
  const store = useStore();
  const [runs, setRuns] = useState([]);
  const stamp = [...store.runs.values()].filter((run) => run.kind === "course").map((run) => run.id + run.state).join();
  useEffect(() => {
    let wanted = true;
    api.get(`api/runs?kind=course&limit=${PAST}`).then(
      (answer) => wanted && setRuns(answer.runs),
      () => {},
    );
    return () => {
      wanted = false;
    };
  }, [stamp]);
  if (!runs.length) return null;
  return html`<section aria-labelledby="past-title">
    <h2 id="past-title">${t("course.made")}</h2>
    <ul class="study-past">
      ${runs.map((run) => store.runs.get(run.id) ?? run).map(
        (run) => html`<li key=${run.id}>
          <a href=${`#/course/${run.id}`}>${calledOf(run)}</a>
          <span class="muted">${moment(run.created)} · ${t("course.count", { count: run.pages.length })}</span>
          ${run.state !== "done" && html`<span class=${`state ${run.state}`}>${t(`state.${run.state}`)}</span>`}
        </li>`,
      )}
    </ul>
  </section>`;
}

function CourseRun({ id, pages }) {
  const store = useStore();
  const [trouble, setTrouble] = useState("");
  const run = store.runs.get(id);
  useEffect(() => {
    loadRun(id).catch((error) => setTrouble(error.message || t("shell.lost")));
  }, [id]);
  const all = html`<p><a href="#/course">${t("course.back")}</a></p>`;
  if (!run) return html`<section class="study-run"><h1>${t("course.title")}</h1><${FieldError} id="error-run" message=${trouble} />${all}</section>`;

  const act = (verb) => async () => {
    setTrouble("");
    try {
      keepRun(await api.post(`api/runs/${id}/${verb}`));
    } catch (error) {
      setTrouble(error.message || t("shell.lost"));
    }
  };
  const asked = run.settings.pages?.split(",");
  const rows = pages.filter(({ name }) => !asked || asked.includes(name) || run.pages.includes(name));
  const open = ({ name, title }) =>
    run.pages.includes(name) ? html`<a href=${`#/course/${id}/${name}`}>${title}</a>` : html`<span class="muted">${title}</span>`;
  return html`<section class="study-run" aria-labelledby="course-run-title">
    <header class="study-run-head">
      <div>
        ${all}
        <h1 id="course-run-title">${calledOf(run)}</h1>
        <p class="muted">${moment(run.created)} · ${t("course.there", { count: run.pages.length, all: rows.length })}</p>
      </div>
      <div class="row wrap">
        ${isActive(run) && html`<button type="button" disabled=${run.stopping} onClick=${act("cancel")}>${t("course.stop")}</button>`}
        ${!isActive(run) && run.state !== "done" && html`<button type="button" onClick=${act("resume")}>${t("course.resume")}</button>`}
        ${run.pages.length > 0 && html`<a class="button primary" href=${`#/course/${id}/${run.pages[0]}/lecture`}>${t("course.give")}</a>`}
      </div>
    </header>
    <${FieldError} id="error-run" message=${trouble} />
    ${isActive(run) && html`<${Progress} run=${run} counted=${false} />`}
    ${!isActive(run) &&
    run.state !== "done" &&
    html`<p class=${`note ${run.state === "failed" ? "bad" : ""}`}>
      <strong>${t(`course.state.${run.state}`)}</strong> ${run.message && html`<${Message} message=${run.message} />`}
    </p>`}
    <${Contents} pages=${rows} cell=${open} />
    <p class="hint">${t("course.keys")}</p>
  </section>`;
}

/** One page over the whole window. Where its links and keys lead is for it to say, and for the studio to go there: it is in a sandbox. */
function Shown({ id, page, modes, pages, navigate }) {
  const frame = useRef(null);
  const title = pages.find(({ name }) => name === page)?.title ?? page;
  useEffect(() => {
    const turn = ({ source, data }) => {
      const [, name, words = ""] = /^([\w-]{1,60})\.html(?:#([\w&]*))?$/.exec(source === frame.current?.contentWindow && data?.page) ?? [];
      const kept = words.split("&").filter((word) => word && word !== "framed").join("&");
      if (name) navigate(name === "index" ? `#/course/${id}` : `#/course/${id}/${name}${kept && `/${kept}`}`);
    };
    window.addEventListener("message", turn);
    return () => window.removeEventListener("message", turn);
  }, [id]);
  useEffect(() => {
    document.title = `${title} · pincel`;
  }, [title]);
  // Keys are for the page.
  const focus = () => frame.current?.focus();
  const src = `api/runs/${id}/page/${page}.html#${["framed", modes].filter(Boolean).join("&")}`;
  return html`<iframe ref=${frame} key=${src} class="course-page" src=${src} title=${title} sandbox="allow-scripts" onLoad=${focus}></iframe>`;
}
