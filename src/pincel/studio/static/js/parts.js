// Small pieces that every page uses.

import { html, useEffect, useRef, useState } from "../vendor/preact.js";
import { api, pictureUrl } from "./api.js";
import { pictureOf, store, update } from "./store.js";
import { bytes, has, language, t } from "./words.js";

const PATHS = {
  brush: "M4 20c3 0 5-1 5-4a3 3 0 0 0-5 0c-.5 2-1 3-2 3.500 .5.300 1.200.500 2 .500zM9.500 13.500 19 4a1.800 1.800 0 0 1 2.500 2.500L12 16",
  gallery: "M3 4h8v7H3zM13 4h8v10h-8zM3 13h8v7H3zM13 16h8v4h-8z",
  studies: "M12 5C6 5 2 12 2 12s4 7 10 7 10-7 10-7-4-7-10-7zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z",
  course: "M3 5h18v11H3zM12 16v4M8 21l4-3 4 3M7 12l3-3 2 2 4-3",
  about: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v6M12 7.500v.200",
  theme: "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
  plus: "M12 5v14M5 12h14",
  close: "M6 6l12 12M18 6 6 18",
  picture: "M3 5h18v14H3zM3 16l5-5 4 4 3-3 6 6M15.500 8.500v.200",
  download: "M12 4v11M7 11l5 5 5-5M4 20h16",
  mask: "M4 4h4M12 4h4M20 4v4M20 12v4M20 20h-4M12 20H8M4 20v-4M4 12V8",
};

/** A line drawing that says nothing a label does not say. */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d=${PATHS[name]} /></svg>`;
}

/** The name of a picture as the page says it. */
export function nameOf(ref) {
  if (!ref) return "";
  if (!ref.startsWith("sample:")) return pictureOf(ref).name.replace(/\.\w{2,5}$/, "");
  const name = ref.slice(7);
  return has(`sample.${name}`) ? t(`sample.${name}`) : name;
}

/** What a run is called here: samples have names in the person's language. */
export function titleOf(run) {
  if (run.kind === "course") return `${t("shell.course")}: ${run.pictures.map(nameOf).join(" × ")}`;
  const refs = [run.content, ...(run.styles ?? []).map((style) => style.picture)];
  if (run.kind !== "transfer" || !refs.every((ref) => ref?.startsWith("sample:"))) return run.title;
  const [photograph, ...paintings] = refs.map(nameOf);
  return `${photograph} × ${paintings.join(" + ")}`;
}

/** A thumbnail that can be chosen. */
export function Tile({ picture, pressed, onPick, onRemove }) {
  const name = nameOf(picture);
  return html`<div class="tile-box">
    <button type="button" class="tile" aria-pressed=${String(pressed)} onClick=${onPick}>
      <img src=${pictureUrl(picture, "thumb")} alt="" loading="lazy" width="160" height="160" /><span>${name}</span>
    </button>
    ${onRemove && html`<button type="button" class="tile-remove" aria-label=${t("pictures.forget", { name })} title=${t("pictures.forget", { name })} onClick=${onRemove}><${Icon} name="close" /></button>`}
  </div>`;
}

/** A message of the server, {text, translations}, in the language of the page if it has been translated. */
export const textOf = ({ text, translations }) => translations[language()] ?? text;

/** The same in the page, with the language it is in. */
export function Message({ message }) {
  return html`<span lang=${language() in message.translations ? language() : "en"}>${textOf(message)}</span>`;
}

/** An error beside the field it is about. */
export function FieldError({ id, message }) {
  return message ? html`<p class="error" id=${id} role="alert">${message}</p>` : null;
}

/** Take pictures from the person's machine to the server; returns what the server says of them, or throws what to say. */
export async function send(file) {
  const about = store.about ?? (await api.get("api/about").catch(() => null));
  const limit = about?.limits.bytes;
  if (limit && file.size > limit) throw new Error(t("pictures.heavy", { name: file.name, size: bytes(file.size), limit: bytes(limit) }));
  const picture = await api.upload(file).catch((error) => {
    throw new Error(error.message || t("shell.lost"));
  });
  store.pictures.set(picture.id, picture);
  update({ own: [picture.id, ...store.own.filter((id) => id !== picture.id)] });
  return picture;
}

/** A place to drop pictures on, or to choose them by a click; it is a label, so that the keyboard and screen readers know it as a field. */
export function Drop({ onFiles, many = false, label, children, kind = "drop" }) {
  const [over, setOver] = useState(false);
  const drop = (event) => {
    event.preventDefault();
    event.stopPropagation();
    setOver(false);
    onFiles([...event.dataTransfer.files]);
  };
  const drag = (event) => {
    event.preventDefault();
    setOver(true);
  };
  const choose = (event) => {
    onFiles([...event.target.files]);
    event.target.value = "";
  };
  return html`<label class="${kind} ${over ? "over" : ""}" onDrop=${drop} onDragOver=${drag} onDragLeave=${() => setOver(false)}>
    <input type="file" class="unseen" accept="image/*,.tif,.tiff,.heic,.heif,.avif" multiple=${many} aria-label=${label} onChange=${choose} />
    ${children}
  </label>`;
}

/** A few choices side by side, one of them taken. */
export function Choice({ name, label, value, options, onPick, error }) {
  const describedby = error ? `error-${name}` : null;
  return html`<fieldset class="choice">
    <legend>${label}</legend>
    <div class="choices">
      ${options.map(
        ([key, text]) => html`<label class="chip" key=${key}>
          <input type="radio" name=${name} value=${key} checked=${String(key) === String(value)} aria-describedby=${describedby} onChange=${() => onPick(key)} /><span>${text}</span>
        </label>`,
      )}
    </div>
    <${FieldError} id=${describedby} message=${error} />
  </fieldset>`;
}

/** A button that copies a text, and says so. */
export function Copy({ text, label }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await clipped(text);
    setDone(true);
    setTimeout(() => setDone(false), 2000);
  };
  return html`<button type="button" class="quiet small" onClick=${copy}><span aria-live="polite">${done ? t("live.copied") : label}</span></button>`;
}

/** Put a text where it can be pasted from; a page that came over the network without a lock has only the old way. */
async function clipped(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const field = Object.assign(document.createElement("textarea"), { value: text });
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

/** A part of the page from a file that is fetched when it is needed; until then, and without it, the children are shown. */
export function Later({ from, name, children, ...given }) {
  const [part, setPart] = useState(null);
  useEffect(() => {
    let wanted = true;
    import(from).then(
      (module) => wanted && setPart(() => module[name] ?? null),
      () => {},
    );
    return () => {
      wanted = false;
    };
  }, [from, name]);
  return part ? html`<${part} ...${given} />` : children;
}

/** A dialogue over the page; Escape or a click beside it closes it, and the focus goes back where it was. */
export function Dialog({ label, onClose, children }) {
  const place = useRef(null);
  useEffect(() => {
    const dialog = place.current;
    dialog.showModal();
    return () => dialog.close();
  }, []);
  const beside = (event) => event.target === place.current && onClose();
  const cancel = (event) => {
    event.preventDefault();
    onClose();
  };
  return html`<dialog ref=${place} aria-label=${label} onCancel=${cancel} onMouseDown=${beside}>
    <header class="row"><h2>${label}</h2><button type="button" class="quiet round" aria-label=${t("shell.close")} onClick=${onClose}><${Icon} name="close" /></button></header>
    ${children}
  </dialog>`;
}
