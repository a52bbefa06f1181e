// Wheel, mouse, fingers and keys that move a view; see view.js.

import { FIT, actual, clamped, movable, panned, sameView, zoomed } from "./view.js";

const STEP = 1.25; // zoom of a key or a button
const STRIDE = 60; // CSS pixels an arrow moves the picture by

/**
 * Let wheel, drag, pinch and double click move a view.
 *
 * @param stage The element.
 * @param now () → {view, box, picture, change(view)} of this moment; picture may be null: then nothing moves.
 * @param slide (x, y) is told of a drag over a picture that has nowhere to go; may be left out.
 * @returns A function that stops listening.
 */
export function listen(stage, now, slide) {
  const fingers = new Map();

  function down(event) {
    if (event.button !== 0 || !now().picture) return;
    fingers.set(event.pointerId, within(stage, event));
    stage.setPointerCapture(event.pointerId);
  }

  function move(event) {
    const last = fingers.get(event.pointerId);
    if (!last) return;
    const { view, box, picture, change } = now();
    const point = within(stage, event);
    if (fingers.size === 2) change(pinched(view, fingers, event.pointerId, point, box, picture));
    else if (movable(view, box, picture)) change(panned(view, point.x - last.x, point.y - last.y, box, picture));
    else if (slide) slide(point.x, point.y);
    fingers.set(event.pointerId, point);
  }

  const up = (event) => fingers.delete(event.pointerId);

  function twice(event) {
    const { view, box, picture, change } = now();
    if (picture) change(toggled(view, within(stage, event), box, picture));
  }

  const wheel = (event) => wheeled(event, stage, now());
  return listening(stage, { wheel, pointerdown: down, pointermove: move, pointerup: up, pointercancel: up, dblclick: twice });
}

/** Listen to events that may be stopped; returns a function that ends it. */
export function listening(element, listeners) {
  for (const [name, listener] of Object.entries(listeners)) element.addEventListener(name, listener, { passive: false });
  return () => {
    for (const [name, listener] of Object.entries(listeners)) element.removeEventListener(name, listener);
  };
}

/** Where an event is on an element, in CSS pixels. */
export function within(element, event) {
  const box = element.getBoundingClientRect();
  return { x: event.clientX - box.left, y: event.clientY - box.top };
}

/** Zoom by the wheel. */
export function wheeled(event, stage, { view, box, picture, change }) {
  if (!picture) return;
  const lines = event.deltaMode === 1 ? 16 : 1;
  // A pinch on a touchpad comes as a wheel with Ctrl, in small numbers.
  const speed = event.ctrlKey ? 0.01 : 0.002;
  // No farther than to fit; at this end of the zoom the page scrolls on, as anywhere else.
  const zoom = Math.max(view.zoom * Math.exp(-event.deltaY * lines * speed), Math.min(1, view.zoom));
  const next = zoomed(view, zoom, within(stage, event), box, picture);
  if (sameView(next, view)) return;
  event.preventDefault();
  change(next);
}

/** Two fingers: their distance is the zoom, their middle carries the picture along. */
export function pinched(view, fingers, moved, point, box, picture) {
  const [still] = [...fingers].filter(([id]) => id !== moved).map(([, finger]) => finger);
  const last = fingers.get(moved);
  const apart = (a, b) => Math.max(Math.hypot(a.x - b.x, a.y - b.y), 1);
  const middle = (a, b) => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
  const from = middle(still, last);
  const to = middle(still, point);
  const closer = zoomed(view, (view.zoom * apart(still, point)) / apart(still, last), from, box, picture);
  return panned(closer, to.x - from.x, to.y - from.y, box, picture);
}

/** Fit, or if it fits already, pixel for pixel (twice as large where that is no larger). */
export function toggled(view, point, box, picture) {
  if (view.zoom > 1.001) return FIT;
  const one = actual(box, picture);
  return zoomed(view, one > 1.05 ? one : 2, point, box, picture);
}

/** The view after a key, or null if the key is not one of ours. */
export function steered(key, view, box, picture) {
  const middle = { x: box.width / 2, y: box.height / 2 };
  const moves = { ArrowLeft: [STRIDE, 0], ArrowRight: [-STRIDE, 0], ArrowUp: [0, STRIDE], ArrowDown: [0, -STRIDE] };
  if (key in moves) return movable(view, box, picture) ? panned(view, ...moves[key], box, picture) : null;
  if (key === "+" || key === "=") return zoomed(view, view.zoom * STEP, middle, box, picture);
  if (key === "-") return zoomed(view, view.zoom / STEP, middle, box, picture);
  if (key === "0") return FIT;
  if (key === "1") return clamped({ ...view, zoom: actual(box, picture) }, box, picture);
  return null;
}
