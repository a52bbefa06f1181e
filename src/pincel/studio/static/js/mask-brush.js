// Mouse, pen and fingers on the mask painter's stage: one of them paints, two of them zoom and move.

import { listening, pinched, wheeled, within } from "./gestures.js";
import { panned, placed } from "./view.js";

const ERASER = 32; // the bit of the far end of a pen

/** A point of the stage as pixels of the picture. */
export function onPicture(point, view, box, picture) {
  const { left, top, width } = placed(view, box, picture);
  const scale = picture.width / width;
  return { x: (point.x - left) * scale, y: (point.y - top) * scale };
}

/** A point of the picture as CSS pixels of the stage. */
export function onStage(point, view, box, picture) {
  const { left, top, width } = placed(view, box, picture);
  const scale = width / picture.width;
  return { x: left + point.x * scale, y: top + point.y * scale };
}

/**
 * Listen to pointers.
 *
 * @param stage The element.
 * @param now () → {view, box, picture, change(view)} and what is told, in pixels of the picture: press(point, erase), stroke(from, to), lift(),
 *     forget() (what was pressed was the first finger of two), hover(point or null).
 */
export function listenToBrush(stage, now) {
  const fingers = new Map();
  let painting = null;
  let carrying = null;

  const place = (event) => {
    const { view, box, picture } = now();
    return onPicture(within(stage, event), view, box, picture);
  };

  function down(event) {
    if (!now().picture) return;
    const point = within(stage, event);
    if (event.pointerType === "touch") fingers.set(event.pointerId, point);
    if (event.button > 2 && !(event.buttons & ERASER)) return;
    stage.setPointerCapture(event.pointerId);
    if (event.button === 1) {
      event.preventDefault();
      carrying = point;
    } else if (fingers.size === 2) {
      if (painting) now().forget();
      painting = null;
    } else if (fingers.size < 2) {
      painting = { id: event.pointerId, at: place(event) };
      now().press(painting.at, event.button === 2 || Boolean(event.buttons & ERASER));
    }
  }

  function move(event) {
    const { view, box, picture, change, hover, stroke } = now();
    if (!picture) return;
    const point = within(stage, event);
    hover(event.pointerType === "touch" ? null : place(event));
    if (carrying) {
      change(panned(view, point.x - carrying.x, point.y - carrying.y, box, picture));
      carrying = point;
    } else if (fingers.size === 2 && fingers.has(event.pointerId)) {
      change(pinched(view, fingers, event.pointerId, point, box, picture));
    } else if (painting?.id === event.pointerId) {
      // A quick hand: the browser gathers several places into one event.
      const passed = event.getCoalescedEvents?.() ?? [];
      for (const each of passed.length ? passed : [event]) {
        const next = place(each);
        stroke(painting.at, next);
        painting.at = next;
      }
    }
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, point);
  }

  function up(event) {
    fingers.delete(event.pointerId);
    carrying = null;
    if (painting?.id !== event.pointerId) return;
    painting = null;
    now().lift();
  }

  return listening(stage, {
    wheel: (event) => wheeled(event, stage, now()),
    pointerdown: down,
    pointermove: move,
    pointerup: up,
    pointercancel: up,
    pointerleave: () => now().hover(null),
    contextmenu: (event) => event.preventDefault(),
  });
}
