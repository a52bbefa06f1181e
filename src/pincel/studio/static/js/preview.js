// What a small network makes of what has been chosen, in seconds: a preview before anything is painted.

import { html, useEffect, useState } from "../vendor/preact.js";
import { api } from "./api.js";
import { nameOf } from "./parts.js";
import { t } from "./words.js";

// Milliseconds without a change before it is asked for: sliders move through many values.
const REST = 350;

/** The newest preview there is, and whether another is on its way. */
function usePreview({ content, styles }) {
  const [state, setState] = useState({ url: null, coming: true });
  const asked = JSON.stringify({ content, styles: styles.map(({ picture, weight }) => ({ picture, weight })) });
  useEffect(() => {
    const control = new AbortController();
    setState(({ url }) => ({ url, coming: true }));
    const timer = setTimeout(async () => {
      let url = null;
      try {
        url = URL.createObjectURL(await api.picture("api/previews", JSON.parse(asked), control.signal));
      } catch {
        // There is none: nothing else depends on it.
      }
      if (control.signal.aborted) URL.revokeObjectURL(url);
      else setState({ url, coming: false });
    }, REST);
    return () => {
      clearTimeout(timer);
      control.abort();
    };
  }, [asked]);
  useEffect(() => () => URL.revokeObjectURL(state.url), [state.url]);
  return state;
}

export function Preview({ form }) {
  const { url, coming } = usePreview(form);
  if (!url && !coming) return null;
  const painting = form.styles.map(({ picture }) => nameOf(picture)).join(" + ");
  return html`<figure class="preview" aria-busy=${coming}>
    ${url && html`<img src=${url} alt=${t("compose.previewOf", { photograph: nameOf(form.content), painting })} />`}
    <figcaption class="hint">${coming ? t("compose.previewComing") : t("compose.previewHint")}</figcaption>
  </figure>`;
}
