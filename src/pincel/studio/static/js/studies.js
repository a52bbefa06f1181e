// Studies: what a network sees, as pages to be read. Which there are, one being made, one being read.

import { html, useEffect, useState } from "../vendor/preact.js";
import { api } from "./api.js";
import { calledOf, studyName } from "./runs.js";
import { useStore } from "./store.js";
import { StudyForm } from "./study-form.js";
import { StudyRun } from "./study-run.js";
import { language, moment, t } from "./words.js";

const PAST = 12; // studies of before that are shown

/**
 * Show the studies, or one.
 *
 * @param navigate (hash) goes to another part of the page.
 * @param id Of a study that was started, or the name of one that could be; left out for all of them.
 */
export function Studies({ navigate, id }) {
  const [studies, setStudies] = useState(null);
  const [trouble, setTrouble] = useState("");
  useEffect(() => {
    api.get(`api/studies?lang=${language()}`).then(setStudies, (error) => setTrouble(error.message || t("shell.lost")));
  }, []);
  const { samples } = useStore();
  const study = studies?.find(({ name }) => name === id);
  if (id && /^\d/.test(id)) return html`<${StudyRun} key=${id} id=${id} navigate=${navigate} />`;
  return html`<section class="studies" aria-labelledby="studies-title">
    <header>
      <h1 id="studies-title">${t("studies.title")}</h1>
      <p class="lead">${t("studies.lead")}</p>
    </header>
    ${trouble && html`<p class="error" role="alert">${trouble}</p>`}
    ${study && samples.length > 0 && html`<${StudyForm} key=${study.name} study=${study} navigate=${navigate} />`}
    ${!study && html`<${Past} />`}
    <h2>${t(study ? "studies.others" : "studies.begin")}</h2>
    <ul class="study-list" aria-busy=${String(!studies && !trouble)}>
      ${studies?.filter((each) => each !== study).map((each) => html`<${Door} key=${each.name} study=${each} />`)}
    </ul>
  </section>`;
}

function Door({ study }) {
  return html`<li>
    <a class="study-card" href=${`#/studies/${study.name}`}><strong>${studyName(study.name)}</strong><span>${study.summary}</span></a>
  </li>`;
}

/** Studies made before; those under way first. */
function Past() {
  const store = useStore();
  const [runs, setRuns] = useState([]);
  const stamp = [...store.runs.values()].filter((run) => run.kind === "study").map((run) => run.id + run.state).join();
  useEffect(() => {
    let wanted = true;
    api.get(`api/runs?kind=study&limit=${PAST}`).then(
      (answer) => wanted && setRuns(answer.runs),
      () => {},
    );
    return () => {
      wanted = false;
    };
  }, [stamp]);
  if (!runs.length) return null;
  return html`<section aria-labelledby="past-title">
    <h2 id="past-title">${t("studies.made")}</h2>
    <ul class="study-past">
      ${runs.map((run) => store.runs.get(run.id) ?? run).map(
        (run) => html`<li key=${run.id}>
          <a href=${`#/studies/${run.id}`}>${calledOf(run)}</a>
          <span class="muted">${moment(run.created)}</span>
          ${run.state !== "done" && html`<span class=${`state ${run.state}`}>${t(`state.${run.state}`)}</span>`}
        </li>`,
      )}
    </ul>
  </section>`;
}
