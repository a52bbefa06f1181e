// The regions that are being painted, and how they are shown on a canvas over the picture.

import { useEffect, useMemo, useState } from "../vendor/preact.js";
import { flat, unkept } from "./mask-files.js";
import { Labels } from "./mask-labels.js";
import { rgb } from "./mask-png.js";

/**
 * Keep the regions of a picture.
 *
 * @param size {width, height}: as many pixels as are painted on.
 * @param rest How many styles there are; the region after theirs is what stays as it is, and has no color.
 * @param painted What was saved before, to go on from; or null.
 * @param canvas Where they are shown.
 * @returns {labels, tints, empty: the first style without a pixel or -1, show(area), settle() after a step, act(area): both, forget()}
 */
export function useRegions({ picture, size, rest, painted, canvas }) {
  const labels = useMemo(() => new Labels(size.width, size.height, rest), [picture, size, rest]);
  const tints = useMemo(() => flat(rest), [rest]);
  const [version, setVersion] = useState(0);
  const counts = useMemo(() => labels.counts(rest + 1), [labels, version]);

  const show = (area) => area && draw(canvas.current, labels, area, tints);
  const showAll = () => show({ x: 0, y: 0, ...size });
  const settle = () => {
    labels.end();
    setVersion((count) => count + 1);
  };
  const act = (area) => {
    show(area);
    settle();
  };
  /** Take back what was begun, as if it had never been. */
  const forget = () => {
    if (labels.end()) show(labels.undo());
    labels.future = [];
    settle();
  };

  useEffect(showAll, [labels, tints]);
  useEffect(() => {
    if (painted?.count !== rest) return;
    unkept(painted).then((old) => {
      if (old.values.length !== labels.values.length) return;
      labels.values.set(old.values);
      showAll();
      settle();
    });
  }, [painted, labels]);
  return { labels, tints, empty: counts.slice(0, rest).indexOf(0), show, settle, act, forget };
}

/** Show the regions of a rectangle. */
function draw(canvas, labels, area, tints) {
  const image = new ImageData(area.width, area.height);
  // A pixel is one number: red in the lowest byte, opacity in the highest.
  const pixels = new Uint32Array(image.data.buffer);
  const colors = Uint32Array.from(tints.map(rgb), ([red, green, blue]) => ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0);
  let next = 0;
  for (let row = area.y; row < area.y + area.height; row++) {
    const start = row * labels.width + area.x;
    for (let index = start; index < start + area.width; index++) pixels[next++] = colors[labels.values[index]] ?? 0;
  }
  canvas.getContext("2d").putImageData(image, area.x, area.y);
}
