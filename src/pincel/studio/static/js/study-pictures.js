// The pictures of one role of a study: shown small, chosen in a dialogue.

import { html, useState } from "../vendor/preact.js";
import { pictureUrl } from "./api.js";
import { Dialog, Drop, FieldError, Icon, Tile, nameOf, send } from "./parts.js";
import { useStore } from "./store.js";
import { t } from "./words.js";

export function Pictures({ role, label, chosen, choose, error }) {
  const [open, setOpen] = useState(false);
  const id = `error-role-${role.name}`;
  const toggle = (ref) => {
    if (chosen.includes(ref)) choose(chosen.filter((each) => each !== ref));
    else choose(role.many ? [...chosen, ref] : [ref]);
    if (!role.many && !chosen.includes(ref)) setOpen(false);
  };
  return html`<div class="study-pictures" role="group" aria-label=${label}>
    <span class="study-role">${label}${role.optional ? html` <small class="muted">${t("studies.optional")}</small>` : ""}</span>
    <div class="study-chosen">
      ${chosen.map((ref) => html`<figure key=${ref}><img src=${pictureUrl(ref, "thumb")} alt="" /><figcaption>${nameOf(ref)}</figcaption></figure>`)}
      <button type="button" aria-label=${`${t("studies.choose")}: ${label}`} aria-describedby=${error ? id : null} onClick=${() => setOpen(true)}>
        ${t("studies.choose")}
      </button>
    </div>
    <${FieldError} id=${id} message=${error} />
    ${open && html`<${Choosing} label=${label} many=${role.many} chosen=${chosen} toggle=${toggle} onClose=${() => setOpen(false)} />`}
  </div>`;
}

function Choosing({ label, many, chosen, toggle, onClose }) {
  const store = useStore();
  const [trouble, setTrouble] = useState("");
  const samples = ["scene", "style"].flatMap((kind) => store.samples.filter((sample) => sample.kind === kind)).map(({ name }) => `sample:${name}`);
  const take = async (files) => {
    setTrouble("");
    for (const file of many ? files : files.slice(0, 1)) {
      try {
        toggle((await send(file)).id);
      } catch (error) {
        setTrouble(error.message);
      }
    }
  };
  return html`<${Dialog} label=${label} onClose=${onClose}>
    <div class="palette" role="group" aria-label=${label}>
      ${[...store.own, ...samples].map(
        (ref) => html`<${Tile} key=${ref} picture=${ref} pressed=${chosen.includes(ref)} onPick=${() => toggle(ref)} />`,
      )}
      <${Drop} kind="tile add" many=${many} label=${t("studies.upload")} onFiles=${take}>
        <${Icon} name="plus" /><span>${t("studies.upload")}</span>
      <//>
    </div>
    <${FieldError} id="error-upload" message=${trouble} />
    <div class="dialog-end"><button type="button" class="primary" onClick=${onClose}>${t("studies.done")}</button></div>
  <//>`;
}
