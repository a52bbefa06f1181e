// Where a picture is on its stage. A view is {zoom, x, y}: zoom 1 fits the picture into the stage; x and y say which point of the picture,
// as shares of its width and height, is in the middle. So one view serves pictures of different sizes, and stages of different sizes.
// Boxes and pictures are {width, height}; a box is in CSS pixels.

export const FIT = { zoom: 1, x: 0.5, y: 0.5 };
const CLOSEST = 8; // CSS pixels for one of the picture, where there is no more to see

/** CSS pixels for one pixel of a picture that fits its stage. */
export function fitted(box, picture) {
  return Math.min(box.width / picture.width, box.height / picture.height);
}

/** The zoom at which a pixel of the picture is a pixel of the screen. */
export function actual(box, picture, ratio = globalThis.devicePixelRatio || 1) {
  return 1 / (fitted(box, picture) * ratio);
}

/** The rectangle of the picture, from the stage's upper left corner. */
export function placed(view, box, picture) {
  const scale = fitted(box, picture) * view.zoom;
  const width = picture.width * scale;
  const height = picture.height * scale;
  return { left: box.width / 2 - view.x * width, top: box.height / 2 - view.y * height, width, height };
}

/** The nearest view that shows no more margin than it must. */
export function clamped(view, box, picture) {
  const one = actual(box, picture);
  const zoom = Math.min(Math.max(view.zoom, Math.min(1, one)), Math.max(CLOSEST, CLOSEST * one));
  const { width, height } = placed({ ...view, zoom }, box, picture);
  return { zoom, x: centered(view.x, box.width, width), y: centered(view.y, box.height, height) };
}

function centered(share, stage, length) {
  if (length <= stage) return 0.5;
  const margin = stage / 2 / length;
  return Math.min(Math.max(share, margin), 1 - margin);
}

/** Zoom to `zoom`; what is below the point {x, y} of the stage stays there, as far as margins allow. */
export function zoomed(view, zoom, point, box, picture) {
  const goal = clamped({ ...view, zoom }, box, picture).zoom;
  const before = placed(view, box, picture);
  const after = placed({ ...view, zoom: goal }, box, picture);
  const x = (point.x - before.left) / before.width;
  const y = (point.y - before.top) / before.height;
  const moved = { zoom: goal, x: x + (box.width / 2 - point.x) / after.width, y: y + (box.height / 2 - point.y) / after.height };
  return clamped(moved, box, picture);
}

/** Move the picture by so many CSS pixels. */
export function panned(view, across, down, box, picture) {
  const { width, height } = placed(view, box, picture);
  return clamped({ ...view, x: view.x - across / width, y: view.y - down / height }, box, picture);
}

/** Whether the picture is larger than its stage, so that there is somewhere to move it. */
export function movable(view, box, picture) {
  const { width, height } = placed(view, box, picture);
  return width > box.width + 0.5 || height > box.height + 0.5;
}

export function sameView(one, other) {
  return one.zoom === other.zoom && one.x === other.x && one.y === other.y;
}
