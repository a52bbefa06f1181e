// The network: its three parts, run by ONNX Runtime, and what they measured of the pictures at hand.

// Luma of Rec. 601.
const LUMA = [0.299, 0.587, 0.114];
// Work for a pixel: of the encoder with the statistics, and of the decoder.
export const COSTS = { look: 3, paint: 2 };

/** Paints; `parts` has the sessions encoder, target and decoder. */
export class Painter {
  constructor(runtime, parts) {
    Object.assign(this, { runtime, parts });
  }

  /** Return features of a picture, with their mean and covariance. */
  async look(picture) {
    const given = new this.runtime.Tensor("float32", picture.data, [1, 3, picture.height, picture.width]);
    return this.parts.encoder.run({ picture: given });
  }

  /** Return what a painting gives to features: their mean, and how they vary. */
  async measure(painting) {
    const { features, mean, matrix } = await this.look(painting);
    features.dispose();
    const { spread } = await this.parts.target.run({ mean, matrix });
    return { mean: mean.data.slice(), spread: spread.data.slice(), shape: spread.dims };
  }

  /** Return a picture after measured paintings with their weights: (3, height, width) from 0 to 1. */
  async paint(picture, seen, paintings, strength) {
    const target = mix(paintings);
    const tensor = (data, shape) => new this.runtime.Tensor("float32", data, shape);
    const { painting } = await this.parts.decoder.run({
      ...seen,
      style_mean: tensor(target.mean, [target.mean.length]),
      style_spread: tensor(target.spread, target.shape),
      strength: tensor(Float32Array.of(strength), []),
    });
    const data = crop(painting.data, painting.dims[3], painting.dims[2], picture);
    painting.dispose();
    return data;
  }
}

// Gray levels by which a painting may be another than pincel's.
const LEVELS = 2;

/** Return whether a painter paints a drawn picture as pincel did, after a drawn one: drivers of graphics processors have mistakes. */
export async function isRight(painter, { content, style, levels }) {
  const picture = drawn(content);
  const painted = await painter.paint(picture, await painter.look(picture), [{ style: await painter.measure(drawn(style)), weight: 1 }], 1);
  return painted.every((value, at) => Math.abs(255 * value - levels[at]) <= LEVELS);
}

/** Return a picture of slanted ramps. */
function drawn({ width, height, steps }) {
  const data = Float32Array.from({ length: 3 * width * height }, (_, at) => {
    const [x, y, channel] = [at % width, Math.floor(at / width) % height, Math.floor(at / (width * height))];
    return ((steps[0] * x + steps[1] * y + steps[2] * channel) % 32) / 31;
  });
  return { width, height, data };
}

/** Return the weighted mean of what paintings give. */
function mix(paintings) {
  const total = paintings.reduce((sum, each) => sum + each.weight, 0);
  const blend = (name) => {
    const sum = new Float32Array(paintings[0].style[name].length);
    for (const { style, weight } of paintings) style[name].forEach((value, at) => (sum[at] += (weight / total) * value));
    return sum;
  };
  return { mean: blend("mean"), spread: blend("spread"), shape: paintings[0].style.shape };
}

/** Cut off the rows and columns that sizes were rounded up by. */
function crop(data, wide, high, { width, height }) {
  const cut = new Float32Array(3 * width * height);
  for (let channel = 0; channel < 3; channel++) {
    for (let y = 0; y < height; y++) {
      const begin = (channel * high + y) * wide;
      cut.set(data.subarray(begin, begin + width), (channel * height + y) * width);
    }
  }
  return cut;
}

/** Give a picture the brightness of another and leave its colors: the same is added to all channels, as far as there is room. */
export function withLuminanceOf(picture, other) {
  const area = picture.length / 3;
  const result = new Float32Array(picture.length);
  for (let at = 0; at < area; at++) {
    const own = [picture[at], picture[at + area], picture[at + 2 * area]];
    const change = LUMA.reduce((sum, part, channel) => sum + part * (other[at + channel * area] - own[channel]), 0);
    const added = Math.min(Math.max(change, -Math.min(...own)), 1 - Math.max(...own));
    own.forEach((value, channel) => (result[at + channel * area] = value + added));
  }
  return result;
}

/** Return planes as RGBA of 8 bits. */
export function toBytes(planes, alpha) {
  const area = planes.length / 3;
  const bytes = new Uint8ClampedArray(4 * area);
  for (let at = 0; at < area; at++) {
    for (let channel = 0; channel < 3; channel++) bytes[4 * at + channel] = 255 * planes[at + channel * area];
    bytes[4 * at + 3] = alpha ? 255 * alpha[at] : 255;
  }
  return bytes;
}
