// Pixels as the network takes them: scaled as Pillow's Lanczos does, to the same numbers in every browser, transparent parts apart.

const SUPPORT = 3;
// Less alpha than this would be saved as 0, and divides badly.
const FAINT = 0.5 / 255;

/** Return the nearest whole number; of two that are equally near the even one, as Python does. */
function roundToEven(value) {
  const low = Math.floor(value);
  if (value - low !== 0.5) return Math.round(value);
  return low % 2 ? low + 1 : low;
}

/** Return the width and height of a picture whose longer side becomes `size`. */
export function targetSize(width, height, size) {
  const longer = Math.max(width, height);
  return { width: width === longer ? size : roundToEven((size / longer) * width), height: height === longer ? size : roundToEven((size / longer) * height) };
}

function lanczos(x) {
  if (x === 0) return 1;
  if (Math.abs(x) >= SUPPORT) return 0;
  const angle = Math.PI * x;
  return (SUPPORT * Math.sin(angle) * Math.sin(angle / SUPPORT)) / (angle * angle);
}

/** Return, for each of `after` positions, the first of `before` it is made from, and their weights; of sum 1. */
function taps(before, after) {
  const scale = before / after;
  const stretch = Math.max(scale, 1);
  return Array.from({ length: after }, (_, place) => {
    const center = (place + 0.5) * scale;
    const first = Math.max(0, Math.trunc(center - SUPPORT * stretch + 0.5));
    const end = Math.min(before, Math.trunc(center + SUPPORT * stretch + 0.5));
    const weights = Float64Array.from({ length: end - first }, (_, at) => lanczos((first + at - center + 0.5) / stretch));
    const sum = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((each) => each / sum) };
  });
}

/** Return one channel, read row by row by `fill(row, y)`, as a plane of another size. */
function scalePlane(fill, from, to) {
  const row = new Float32Array(from.width);
  const across = from.width === to.width ? null : taps(from.width, to.width);
  const narrow = new Float32Array(to.width * from.height);
  for (let y = 0; y < from.height; y++) {
    fill(row, y);
    if (!across) narrow.set(row, y * to.width);
    else across.forEach(({ first, weights }, x) => {
      let sum = 0;
      for (let at = 0; at < weights.length; at++) sum += row[first + at] * weights[at];
      narrow[y * to.width + x] = sum;
    });
  }
  if (from.height === to.height) return narrow;
  const plane = new Float32Array(to.width * to.height);
  taps(from.height, to.height).forEach(({ first, weights }, y) => {
    for (let x = 0; x < to.width; x++) {
      let sum = 0;
      for (let at = 0; at < weights.length; at++) sum += narrow[(first + at) * to.width + x] * weights[at];
      plane[y * to.width + x] = sum;
    }
  });
  return plane;
}

const clamp = (value) => Math.min(1, Math.max(0, value));

/**
 * Return a picture in another size: `data` (3, height, width) from 0 to 1, and `alpha` (height, width) or null where nothing is transparent.
 *
 * @param {{data: Uint8ClampedArray, width: number, height: number}} picture RGBA.
 * @param {{width: number, height: number}} size
 * @param {boolean} flat Whether transparent parts are seen on white, as those of a painting are.
 */
export function resize(picture, size, flat) {
  const { data, width, height } = picture;
  const area = size.width * size.height;
  const opaque = flat || isOpaque(data);
  const read = (channel) => (row, y) => {
    for (let x = 0, at = 4 * y * width; x < width; x++, at += 4) {
      const alpha = data[at + 3] / 255;
      if (channel === 3) row[x] = alpha;
      else row[x] = (data[at + channel] / 255) * (flat || !opaque ? alpha : 1) + (flat ? 1 - alpha : 0);
    }
  };
  const planes = new Float32Array(3 * area);
  for (let channel = 0; channel < 3; channel++) planes.set(scalePlane(read(channel), { width, height }, size).map(clamp), channel * area);
  if (opaque) return { ...size, data: planes, alpha: null };
  const alpha = scalePlane(read(3), { width, height }, size).map(clamp).map((each) => (each < FAINT ? 0 : each));
  unweigh(planes, alpha);
  return { ...size, data: planes, alpha };
}

function isOpaque(data) {
  for (let at = 3; at < data.length; at += 4) if (data[at] !== 255) return false;
  return true;
}

/** Divide colors by their alpha; what cannot be seen gets the mean of what can. */
function unweigh(planes, alpha) {
  const visible = alpha.reduce((a, b) => a + b, 0);
  if (visible === 0) throw new Error("transparent");
  for (let channel = 0; channel < 3; channel++) {
    const plane = planes.subarray(channel * alpha.length, (channel + 1) * alpha.length);
    let sum = 0;
    for (let at = 0; at < alpha.length; at++) {
      plane[at] = clamp(plane[at] / Math.max(alpha[at], FAINT));
      sum += plane[at] * alpha[at];
    }
    for (let at = 0; at < alpha.length; at++) if (alpha[at] === 0) plane[at] = sum / visible;
  }
}
