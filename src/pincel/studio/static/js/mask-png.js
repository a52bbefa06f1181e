// Regions as a PNG and back. The file is written here and not by a canvas, which may smooth, manage or disguise colors: every pixel has
// exactly the color of its region.

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];

/** "#ff8000" → [255, 128, 0]. */
export function rgb(color) {
  return [1, 3, 5].map((start) => Number.parseInt(color.slice(start, start + 2), 16));
}

/**
 * Write regions as a PNG with a palette.
 *
 * @param labels {width, height, values}: the number of each pixel's region.
 * @param colors Of the regions, "#rrggbb".
 * @param width, height Of the file, in pixels; another size than the labels' takes the nearest pixel.
 */
export async function maskPng(labels, colors, width = labels.width, height = labels.height) {
  const header = new DataView(new ArrayBuffer(13));
  header.setUint32(0, width);
  header.setUint32(4, height);
  header.setUint8(8, 8); // bits a pixel
  header.setUint8(9, 3); // a palette
  const rows = new Uint8Array((width + 1) * height);
  const columns = Array.from({ length: width }, (_, x) => Math.floor(((x + 0.5) * labels.width) / width));
  for (let y = 0; y < height; y++) {
    const from = Math.floor(((y + 0.5) * labels.height) / height) * labels.width;
    const to = y * (width + 1) + 1; // after the byte that says "no filter"
    for (let x = 0; x < width; x++) rows[to + x] = labels.values[from + columns[x]];
  }
  const packed = new Response(new Blob([rows]).stream().pipeThrough(new CompressionStream("deflate")));
  const parts = [
    Uint8Array.from(SIGNATURE),
    chunk("IHDR", new Uint8Array(header.buffer)),
    chunk("PLTE", Uint8Array.from(colors.flatMap(rgb))),
    chunk("IDAT", new Uint8Array(await packed.arrayBuffer())),
    chunk("IEND", new Uint8Array()),
  ];
  return new Blob(parts, { type: "image/png" });
}

function chunk(name, data) {
  const whole = new Uint8Array(data.length + 12);
  const view = new DataView(whole.buffer);
  view.setUint32(0, data.length);
  whole.set(new TextEncoder().encode(name), 4);
  whole.set(data, 8);
  view.setUint32(data.length + 8, checksum(whole.subarray(4, data.length + 8)));
  return whole;
}

/** CRC-32, as in the PNG specification, annex D. */
function checksum(data) {
  let crc = ~0;
  for (const byte of data) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/**
 * Read a picture as regions of width × height: each pixel the region of the nearest color.
 *
 * @param picture What canvases draw: an image, a bitmap.
 */
export function readLabels(picture, colors, width, height) {
  const pixels = pixelsOf(picture, width, height, false);
  const known = colors.map(rgb);
  const values = new Uint8Array(width * height);
  for (let i = 0; i < values.length; i++) {
    let least = Infinity;
    known.forEach(([red, green, blue], label) => {
      const far = (pixels[4 * i] - red) ** 2 + (pixels[4 * i + 1] - green) ** 2 + (pixels[4 * i + 2] - blue) ** 2;
      if (far < least) [least, values[i]] = [far, label];
    });
  }
  return values;
}

/** The pixels of a picture brought to width × height, RGBA. */
export function pixelsOf(picture, width, height, smooth = true) {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.imageSmoothingEnabled = smooth;
  context.drawImage(picture, 0, 0, width, height);
  return context.getImageData(0, 0, width, height).data;
}
