// Masks as files that `pincel transfer --content-mask --style-mask` reads. It sorts flat colors: the first is painted after the first style,
// and so on, so what stays as it is in the photograph has the last color, white. Gray is another language: white is the first style, black the
// second, or what stays as it is. In masks of styles black is what is not used; all masks of a run speak of a region by the same color.

import { Labels } from "./mask-labels.js";
import { maskPng, readLabels } from "./mask-png.js";

// Told apart by the color-blind too (Okabe and Ito, then Tol), the most different ones first.
const FLAT = ["#e69f00", "#0072b2", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442"];
const MORE = ["#332288", "#88ccee", "#117733", "#999933", "#882255", "#44aa99", "#aa4499", "#ddcc77"];
const [WHITE, BLACK] = ["#ffffff", "#000000"];

/** A color for each of `count` styles, up to 15, sorted. */
export function flat(count) {
  return [...FLAT, ...MORE].slice(0, count).sort();
}

/** Put what was painted into plain values: {width, height} of the picture, `count` of styles, `png` in their flat colors, white for the rest. */
export async function kept(labels, count, width, height) {
  const blob = await maskPng(labels, [...flat(count), WHITE]);
  const bytes = new Uint8Array(await blob.arrayBuffer());
  return { width, height, count, png: `data:image/png;base64,${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""))}` };
}

/** Read what was kept, as Labels. */
export async function unkept({ count, png }) {
  const image = new Image();
  image.src = png;
  await image.decode();
  const { naturalWidth: width, naturalHeight: height } = image;
  return new Labels(width, height, count, readLabels(image, [...flat(count), WHITE], width, height));
}

/**
 * Write the masks of a run.
 *
 * @param content What was painted on the photograph, or null.
 * @param styles What was painted on each painting, or null: the part of it that counts.
 * @returns {content: Blob or null, styles: [Blob]}: as many masks of styles as are needed, in the order of the styles.
 */
export async function encodeMasks({ content, styles }) {
  if (!styles.some(Boolean)) return { content: content && (await alone(content)), styles: [] };
  const colors = content ? flat(styles.length) : styles.map(() => WHITE);
  // Without a mask a style would be for every region; with one that is all its own color it is for its own.
  const wanted = content ? styles : styles.slice(0, styles.findLastIndex(Boolean) + 1);
  return {
    content: content && (await written(content, [...colors, WHITE])),
    styles: await Promise.all(wanted.map((style, index) => (style ? written(style, [colors[index], BLACK]) : whole(colors[index])))),
  };
}

async function alone(content) {
  const labels = await unkept(content);
  const { count } = content;
  const rest = labels.counts(count + 1)[count];
  const gray = count === 1 || (count === 2 && rest === 0);
  return maskPng(labels, gray ? [WHITE, BLACK, BLACK] : [...flat(count), WHITE], content.width, content.height);
}

async function written(painted, colors) {
  return maskPng(await unkept(painted), colors, painted.width, painted.height);
}

function whole(color) {
  return maskPng(new Labels(16, 16), [color]);
}
