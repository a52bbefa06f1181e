// What the viewer, the comparison and the mask painter have in common: a picture on a stage that has a size.

import { html, useEffect, useState } from "../vendor/preact.js";

/** The size of an element in CSS pixels, {width, height}, as it changes; null before it is known. */
export function useBox(reference) {
  const [box, setBox] = useState(null);
  useEffect(() => {
    const watch = new ResizeObserver(([entry]) => {
      const { width, height } = entry.contentRect;
      setBox(width && height ? { width, height } : null);
    });
    watch.observe(reference.current);
    return () => watch.disconnect();
  }, []);
  return box;
}

/**
 * The newest picture at a changing address that can be drawn; the one before stays until then, so nothing flickers.
 *
 * @returns {url, width, height}; null before the first; with `failed` set if there is none.
 */
export function useDecoded(url) {
  const [ready, setReady] = useState(null);
  useEffect(() => {
    let wanted = true;
    if (!url) setReady(null);
    else
      measured(url).then(
        (picture) => wanted && setReady(picture),
        () => wanted && setReady((old) => old ?? { url, failed: true }),
      );
    return () => {
      wanted = false;
    };
  }, [url]);
  return ready;
}

async function measured(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  return { url, width: image.naturalWidth, height: image.naturalHeight };
}

/** A rectangle as a style. */
export function px({ left, top, width, height }) {
  return { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` };
}

/** Pixels that are large on the screen are shown as they are: the class of a picture. */
export const grain = (place, picture) => (place.width / picture.width > 3 ? "pixels" : "");

const PATHS = {
  closer: "M12 5v14M5 12h14",
  farther: "M5 12h14",
  fit: "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5",
  full: "M14 4h6v6M20 4l-7 7M10 20H4v-6M4 20l7-7",
  undo: "M9 7 4 12l5 5M4 12h10a5 5 0 0 1 0 10h-2",
  redo: "m15 7 5 5-5 5M20 12H10a5 5 0 0 0 0 10h2",
  close: "M6 6l12 12M18 6 6 18",
  compare: "M3 5h8v14H3zM13 5h8v14h-8z",
  reuse: "M4 12a8 8 0 0 1 14-5l2 2M20 4v5h-5M20 12a8 8 0 0 1-14 5l-2-2M4 20v-5h5",
  bin: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
};

/** A small drawing for a button; its meaning is in the button's label. */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 24 24" width="20" height="20" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
}
