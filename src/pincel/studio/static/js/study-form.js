// A form made of what the server says of a study: its pictures and its options.

import { html, useState } from "../vendor/preact.js";
import { api } from "./api.js";
import { FieldError } from "./parts.js";
import { studyName } from "./runs.js";
import { labelOf } from "./settings.js";
import { keepRun, store } from "./store.js";
import { Pictures } from "./study-pictures.js";
import { LANGUAGES, has, language, t } from "./words.js";

/** A picture to begin with for each role, so that a study is a click away. */
function suggested(role, index) {
  const kind = role.name === "style" || role.name === "second" ? "style" : "scene";
  const samples = store.samples.filter((sample) => sample.kind === kind);
  const found = samples[index % Math.max(samples.length, 1)];
  // Of many photographs the best patches are taken: here, of all samples.
  if (role.name === "folders") return store.samples.map(({ name }) => `sample:${name}`);
  return role.optional || !found ? [] : [`sample:${found.name}`];
}

export function StudyForm({ study, navigate }) {
  const roles = study.takes.pictures;
  const [pictures, setPictures] = useState(() => roles.map((role) => suggested(role, 0)));
  const [values, setValues] = useState(() => ({ lang: language(), ...defaultPictures(study.options) }));
  const [error, setError] = useState({});
  const [busy, setBusy] = useState(false);

  const start = async (event) => {
    event.preventDefault();
    const missing = roles.findIndex((role, index) => !role.optional && !pictures[index].length);
    if (missing >= 0) return setError({ field: roles[missing].name, message: t("studies.missing", { role: roleOf(roles[missing]) }) });
    setBusy(true);
    setError({});
    try {
      const run = await api.post("api/studies", { study: study.name, pictures: pictures.flat(), options: given(values, study.options) });
      keepRun(run);
      navigate(`#/studies/${run.id}`);
    } catch (problem) {
      setBusy(false);
      setError({ field: problem.field, message: problem.message || t("shell.lost") });
      document.getElementById(`option-${problem.field}`)?.focus();
    }
  };

  const known = [...roles, ...study.options].some(({ name }) => name === error.field);
  return html`<form class="study-form panel" onSubmit=${start} noValidate aria-labelledby="study-title">
    <header><h2 id="study-title">${studyName(study.name)}</h2><p>${study.summary}</p></header>
    <div class="study-roles">${roles.map(
      (role, index) => html`<${Pictures}
        role=${role}
        label=${roleOf(role)}
        chosen=${pictures[index]}
        choose=${(list) => setPictures((old) => old.map((each, place) => (place === index ? list : each)))}
        error=${error.field === role.name ? error.message : ""}
      />`,
    )}</div>
    <div class="study-options">
      ${study.options.map(
        (option) => html`<${Option}
          key=${option.name}
          option=${option}
          value=${values[option.name]}
          set=${(value) => setValues({ ...values, [option.name]: value })}
          error=${error.field === option.name ? error.message : ""}
        />`,
      )}
    </div>
    <footer>
      <button class="primary" disabled=${busy}>${t("studies.start")}</button>
      <${FieldError} id="error-study" message=${known ? "" : error.message} />
    </footer>
  </form>`;
}

const roleOf = (role) => (has(`studies.role.${role.name}`) ? t(`studies.role.${role.name}`) : role.name);

/** Pictures that options have unless others are chosen, as lists. */
function defaultPictures(options) {
  const own = options.filter(({ kind, default: usual }) => kind === "picture" && typeof usual === "string");
  return Object.fromEntries(own.map(({ name, default: usual }) => [name, [usual]]));
}

/** Numbers as numbers, one picture as itself; what was left empty is left out. */
function given(values, options) {
  const numeric = (kind, text) => ["number", "integer"].includes(kind) && Number.isFinite(Number(text));
  const said = options.filter(({ name }) => values[name]?.length);
  const value = ({ name, kind, many }) => (kind === "picture" && !many ? values[name][0] : numeric(kind, values[name]) ? Number(values[name]) : values[name]);
  return Object.fromEntries(said.map((option) => [option.name, value(option)]));
}

function Option({ option, value, set, error }) {
  const { name, kind, help, choices, minimum, maximum } = option;
  const id = `option-${name}`;
  const numeric = kind === "number" || kind === "integer";
  const shown = (choice) => (name === "lang" ? LANGUAGES[choice] : choice);
  const label = has(`studies.option.${name}`) ? t(`studies.option.${name}`) : labelOf(name);
  const described = { id, "aria-describedby": `${id}-help${error ? ` error-${id}` : ""}`, "aria-invalid": error ? "true" : null };
  const take = (event) => set(event.target.value.trim());
  if (kind === "picture") {
    const role = { name, many: option.many, optional: true };
    return html`<div class="field">
      <${Pictures} role=${role} label=${label} chosen=${value ?? []} choose=${set} error=${error} />
      <p class="hint">${help}</p>
    </div>`;
  }
  return html`<div class="field">
    <label for=${id}>${label}</label>
    ${choices
      ? html`<select ...${described} onChange=${take}>
          ${choices.map((choice) => html`<option value=${choice} selected=${choice === (value ?? option.default)}>${shown(choice)}</option>`)}
        </select>`
      : html`<input
          ...${described}
          type=${numeric ? "number" : "text"}
          step=${kind === "integer" ? "1" : "any"}
          min=${minimum}
          max=${maximum}
          placeholder=${String(option.default ?? t("studies.own"))}
          value=${value ?? ""}
          autocomplete="off"
          spellcheck=${false}
          onInput=${take}
        />`}
    <p class="hint" id=${`${id}-help`}>${help}</p>
    <${FieldError} id=${`error-${id}`} message=${error} />
  </div>`;
}
