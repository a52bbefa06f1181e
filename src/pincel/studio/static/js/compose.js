// The page where a picture is put together: a photograph, one or several paintings, how, and Paint.

import { html, useEffect, useState } from "../vendor/preact.js";
import { api, pictureUrl } from "./api.js";
import { change, changeStyle, chooseContent, forget, request, toggleStyle, useForm } from "./form.js";
import { Look } from "./look.js";
import { Dialog, Drop, FieldError, Icon, Later, nameOf, send, textOf, Tile } from "./parts.js";
import { Preview } from "./preview.js";
import { Queue } from "./queue.js";
import { AllSettings } from "./settings.js";
import { announce, keepRun, loadPictures, pictureOf, useStore } from "./store.js";
import { number, t } from "./words.js";

export function Compose({ navigate }) {
  const store = useStore();
  const form = useForm();
  const [errors, setErrors] = useState({});
  const [busy, setBusy] = useState(false);
  const [painting, setPainting] = useState(null);

  const tell = (field, message) => setErrors((before) => ({ ...before, [field]: message }));
  const take = (field, use) => async (files) => {
    tell(field, "");
    for (const file of files) {
      try {
        const picture = await send(file);
        use(picture.id);
        announce(t("pictures.taken", { name: picture.name }));
        if (picture.notes?.length) tell(field, picture.notes.map(textOf).join(" "));
      } catch (error) {
        tell(field, error.message);
      }
    }
  };
  const takePhotograph = take("content", chooseContent);
  useElsewhere(takePhotograph);
  // What was changed may be what was wrong.
  useEffect(() => setErrors({}), [form]);

  const paint = async (event) => {
    event.preventDefault();
    if (!form.content) return tell("content", t("compose.noPhotograph"));
    if (!form.styles.length) return tell("styles", t("compose.noPainting"));
    setBusy(true);
    try {
      const run = await api.post("api/runs", await request());
      keepRun(run);
      navigate(`#/run/${run.id}`);
    } catch (error) {
      setBusy(false);
      tell(placeOf(error.field, store.settings), error.message || t("shell.lost"));
    }
  };

  const ready = form.content && form.styles.length;
  return html`<form class="compose" onSubmit=${paint} noValidate>
    <h1 class="unseen">${t("compose.title")}</h1>
    <section class="photograph" aria-labelledby="photograph-title">
      <h2 id="photograph-title">${t("compose.photograph")}</h2>
      ${form.content
        ? html`<${Photograph} picture=${form.content} mask=${form.mask ?? form.same} onFiles=${takePhotograph} onMask=${form.styles.length ? () => setPainting("content") : null} />`
        : html`<${Drop} kind="drop large" label=${t("compose.dropPhotograph")} onFiles=${takePhotograph}>
            <${Icon} name="picture" /><strong>${t("compose.dropPhotograph")}</strong><span class="button quiet">${t("compose.choose")}</span><small>${t("compose.stays")}</small>
          <//>`}
      <${FieldError} id="error-content" message=${errors.content || errors.content_mask} />
      <${Shelf} refs=${[...named(store.samples, "scene"), ...store.own.filter((id) => !isPainting(id))]} chosen=${[form.content]} onPick=${chooseContent}
        label=${t("compose.scenes")} />
      <${Queue} navigate=${navigate} />
    </section>
    <div class="steering">
      <section aria-labelledby="paintings-title">
        <div class="heading"><h2 id="paintings-title">${t("compose.paintings")}</h2><p class="hint">${t("compose.paintingsHint")}</p></div>
        <${Palette} store=${store} form=${form} onFiles=${take("styles", addPainting)} />
        <${FieldError} id="error-styles" message=${errors.styles || errors.style_masks} />
        <${Chosen} form=${form} onMask=${setPainting} />
        ${ready && html`<${Preview} form=${form} />`}
      </section>
      <${Look} form=${form} errors=${errors} />
      <${AllSettings} form=${form} errors=${errors} />
      <div class="paint-bar">
        <${FieldError} id="error-form" message=${errors.form} />
        <button class="primary" disabled=${busy} aria-describedby="paint-summary">${busy ? t("compose.sending") : t("compose.paint")}</button>
        <p id="paint-summary" class="hint">${ready ? t("compose.summary", { photograph: nameOf(form.content), painting: form.styles.map((style) => nameOf(style.picture)).join(" + ") }) : t("compose.notReady")}</p>
      </div>
    </div>
    ${painting && html`<${Masking} what=${painting} form=${form} onClose=${() => setPainting(null)} />`}
  </form>`;
}

/** The field an error is shown beside; what the form does not show on its own goes beside the button. */
function placeOf(field, settings) {
  const known = ["content", "styles", "content_mask", "style_masks", "recipe"];
  const shown = settings?.groups.some((group) => group.settings.some((setting) => setting.name === field));
  return known.includes(field) || shown ? field : "form";
}

const named = (samples, kind) => samples.filter((sample) => sample.kind === kind).map((sample) => `sample:${sample.name}`);

// Which of the person's own pictures were brought as paintings: the server does not care.
const PAINTINGS = "pincel.paintings";
const paintings = () => JSON.parse(localStorage.getItem(PAINTINGS) ?? "[]");
const isPainting = (id) => paintings().includes(id);

function addPainting(id) {
  localStorage.setItem(PAINTINGS, JSON.stringify([...new Set([id, ...paintings()])].slice(0, 200)));
  toggleStyle(id);
}

async function forgetPicture(id) {
  try {
    await api.del(`api/pictures/${id}`);
    forget(id);
  } finally {
    await loadPictures();
  }
}

/** A picture let fall beside the drop zones, or pasted, is a photograph too; the browser must not leave the page for it. */
function useElsewhere(takeFiles) {
  useEffect(() => {
    const over = (event) => event.preventDefault();
    const take = (event) => {
      const files = [...(event.dataTransfer ?? event.clipboardData).files].slice(0, 1);
      if (event.type === "drop" || files.length) event.preventDefault();
      takeFiles(files);
    };
    const listeners = { dragover: over, drop: take, paste: take };
    for (const [type, listener] of Object.entries(listeners)) window.addEventListener(type, listener);
    return () => {
      for (const [type, listener] of Object.entries(listeners)) window.removeEventListener(type, listener);
    };
  }, []);
}

function Photograph({ picture, mask, onFiles, onMask }) {
  const { width, height } = pictureOf(picture);
  return html`<figure class="frame">
    <img src=${pictureUrl(picture)} alt=${nameOf(picture)} width=${width} height=${height} />
    <figcaption>
      <span><strong>${nameOf(picture)}</strong>${width && html` <span class="muted">${width} × ${height}</span>`}</span>
      <span class="row">
        ${onMask && html`<button type="button" class="quiet small" onClick=${onMask}><${Icon} name="mask" />${mask ? t("compose.maskChange") : t("compose.mask")}</button>`}
        ${mask && html`<button type="button" class="quiet small" onClick=${() => change({ mask: null, same: null })}>${t("compose.maskOff")}</button>`}
        <${Drop} kind="button quiet small" label=${t("compose.another")} onFiles=${onFiles}><${Icon} name="picture" />${t("compose.another")}<//>
      </span>
    </figcaption>
  </figure>`;
}

function Shelf({ refs, chosen, onPick, label }) {
  return html`<div class="shelf" role="group" aria-label=${label}>
    ${refs.map(
      (ref) => html`<${Tile} key=${ref} picture=${ref} pressed=${chosen.includes(ref)} onPick=${() => onPick(ref)} onRemove=${ref.startsWith("sample:") ? null : () => forgetPicture(ref)} />`,
    )}
  </div>`;
}

function Palette({ store, form, onFiles }) {
  const chosen = form.styles.map((style) => style.picture);
  const own = [...new Set([...store.own.filter(isPainting), ...chosen.filter((ref) => !ref.startsWith("sample:"))])];
  return html`<div class="palette" role="group" aria-label=${t("compose.paintings")}>
    ${[...named(store.samples, "style"), ...own].map(
      (ref) => html`<${Tile} key=${ref} picture=${ref} pressed=${chosen.includes(ref)} onPick=${() => toggleStyle(ref)} onRemove=${ref.startsWith("sample:") ? null : () => forgetPicture(ref)} />`,
    )}
    <${Drop} kind="tile add" many label=${t("compose.dropPainting")} onFiles=${onFiles}><${Icon} name="plus" /><span>${t("compose.ownPainting")}</span><//>
  </div>`;
}

/** The paintings taken: how much each counts, and which part of it. */
function Chosen({ form, onMask }) {
  const several = form.styles.length > 1;
  const sum = form.styles.reduce((all, style) => all + style.weight, 0);
  return html`<ul class="chosen">
    ${form.styles.map(({ picture, weight, mask }) => {
      const name = nameOf(picture);
      const share = Math.round((100 * weight) / (sum || 1));
      return html`<li key=${picture}>
        <img src=${pictureUrl(picture, "thumb")} alt="" width="40" height="40" />
        <span class="grow">${name}
          ${several && html`<input type="range" min="0.1" max="1" step="0.05" value=${weight} aria-label=${t("compose.share", { name })} aria-valuetext="${share} %"
            onInput=${(event) => changeStyle(picture, { weight: Number(event.target.value) })} />`}
        </span>
        ${several && html`<output>${number(share)} %</output>`}
        <button type="button" class="quiet small" aria-label=${t("compose.partOf", { name })} onClick=${() => onMask(picture)}><${Icon} name="mask" /><span class="label">${mask ? t("compose.maskChange") : t("compose.part")}</span></button>
        ${mask && html`<button type="button" class="quiet small" aria-label=${t("compose.wholeOf", { name })} onClick=${() => changeStyle(picture, { mask: null })}>${t("compose.maskOff")}</button>`}
        <button type="button" class="quiet round small" aria-label=${t("compose.leave", { name })} onClick=${() => toggleStyle(picture)}><${Icon} name="close" /></button>
      </li>`;
    })}
  </ul>`;
}

/** What is painted where, and after which part of a painting. */
function Masking({ what, form, onClose }) {
  const style = form.styles.find(({ picture }) => picture === what);
  const picture = style ? what : form.content;
  const { width, height } = pictureOf(picture);
  const save = (_blob, painted) => {
    if (style) changeStyle(what, { mask: painted });
    change({ same: null, ...(style ? {} : { mask: painted }) });
    onClose();
  };
  const regions = style ? [nameOf(what)] : form.styles.map((each) => nameOf(each.picture));
  return html`<${Dialog} label=${style ? t("compose.partOf", { name: nameOf(what) }) : t("compose.maskTitle")} onClose=${onClose}>
    <${Later} from="./mask.js" name="MaskPainter" picture=${pictureUrl(picture)} width=${width} height=${height} regions=${regions} role=${style ? "style" : "content"}
      painted=${style ? style.mask : form.mask} onSave=${save} onClose=${onClose}><p class="hint">${t("shell.soon")}</p><//>
  <//>`;
}
