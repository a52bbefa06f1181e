// A picture's pixels, each with the number of the region it belongs to: what a brush, a bucket and undo do to them. No edges are smoothed.

const KEPT = 64e6; // bytes of steps that can be undone

/** A rectangle that holds both; null is the empty one. */
export function joined(one, other) {
  if (!one || !other) return one ?? other;
  const x = Math.min(one.x, other.x);
  const y = Math.min(one.y, other.y);
  const right = Math.max(one.x + one.width, other.x + other.width);
  const bottom = Math.max(one.y + one.height, other.y + other.height);
  return { x, y, width: right - x, height: bottom - y };
}

/** Regions of a picture of width × height, `values` row by row; those given, or all of them `first`. */
export class Labels {
  constructor(width, height, first = 0, values = null) {
    this.width = width;
    this.height = height;
    this.values = values ?? new Uint8Array(width * height).fill(first);
    this.past = [];
    this.future = [];
    this.before = null;
    this.touched = null;
  }

  /** Begin what will be undone in one go. */
  begin() {
    this.before ??= this.values.slice();
  }

  /** End it; says whether anything has changed. */
  end() {
    const { before, touched } = this;
    this.before = this.touched = null;
    if (!before || !touched) return false;
    const patch = { ...touched, values: cut(before, this.width, touched) };
    if (same(patch.values, cut(this.values, this.width, touched))) return false;
    this.past.push(patch);
    this.future = [];
    let bytes = this.past.reduce((sum, each) => sum + each.values.length, 0);
    while (bytes > KEPT && this.past.length > 1) bytes -= this.past.shift().values.length;
    return true;
  }

  /** Take the last step back; returns the rectangle that changed, or null. */
  undo() {
    return this.#swap(this.past, this.future);
  }

  /** Do again what was taken back. */
  redo() {
    return this.#swap(this.future, this.past);
  }

  #swap(from, to) {
    this.end();
    const patch = from.pop();
    if (!patch) return null;
    to.push({ ...patch, values: cut(this.values, this.width, patch) });
    paste(this.values, this.width, patch);
    return patch;
  }

  /**
   * Draw a line with round ends: every pixel whose center is at most `radius` from it, at the least those it goes through the middle of.
   * Points are {x, y} in pixels from the upper left corner. Returns the rectangle that changed.
   */
  line(from, to, radius, label) {
    this.begin();
    const reach = Math.max(radius, 0.71);
    const area = this.#inside({
      x: Math.floor(Math.min(from.x, to.x) - reach),
      y: Math.floor(Math.min(from.y, to.y) - reach),
      right: Math.ceil(Math.max(from.x, to.x) + reach),
      bottom: Math.ceil(Math.max(from.y, to.y) + reach),
    });
    if (!area) return null;
    const across = to.x - from.x;
    const down = to.y - from.y;
    const length = across * across + down * down;
    for (let row = area.y; row < area.y + area.height; row++) {
      for (let column = area.x; column < area.x + area.width; column++) {
        const x = column + 0.5 - from.x;
        const y = row + 0.5 - from.y;
        const along = length ? Math.min(Math.max((x * across + y * down) / length, 0), 1) : 0;
        const dx = x - along * across;
        const dy = y - along * down;
        if (dx * dx + dy * dy <= reach * reach) this.values[row * this.width + column] = label;
      }
    }
    this.touched = joined(this.touched, area);
    return area;
  }

  /**
   * Fill what hangs together with a pixel, without corners: pixels of its region that are `alike` (index of a pixel → boolean).
   * Returns the rectangle that changed, or null.
   */
  fill(x, y, label, alike = () => true) {
    const column = Math.floor(x);
    const row = Math.floor(y);
    if (column < 0 || row < 0 || column >= this.width || row >= this.height) return null;
    const start = row * this.width + column;
    const old = this.values[start];
    if (old === label) return null;
    this.begin();
    const area = flood(this.values, this.width, this.height, start, (index) => this.values[index] === old && alike(index), label);
    this.touched = joined(this.touched, area);
    return area;
  }

  /** Give every pixel to one region. */
  clear(label) {
    this.begin();
    this.values.fill(label);
    this.touched = { x: 0, y: 0, width: this.width, height: this.height };
    return this.touched;
  }

  /** How many pixels each of `count` regions has. */
  counts(count) {
    const found = new Array(count).fill(0);
    for (const label of this.values) found[label]++;
    return found;
  }

  #inside({ x, y, right, bottom }) {
    const left = Math.max(x, 0);
    const top = Math.max(y, 0);
    const width = Math.min(right, this.width) - left;
    const height = Math.min(bottom, this.height) - top;
    return width > 0 && height > 0 ? { x: left, y: top, width, height } : null;
  }
}

/** Fill row by row: a run of pixels to the left and right, then whatever it touches above and below. */
function flood(values, width, height, start, wanted, label) {
  const waiting = [start];
  let [left, right, top, bottom] = [width, 0, height, 0];
  while (waiting.length) {
    const index = waiting.pop();
    if (!wanted(index)) continue;
    const row = Math.floor(index / width);
    let first = index;
    let last = index;
    while (first > row * width && wanted(first - 1)) first--;
    while (last < row * width + width - 1 && wanted(last + 1)) last++;
    for (const beyond of [-width, width]) {
      if (row * width + beyond < 0 || row * width + beyond >= width * height) continue;
      for (let i = first; i <= last; i++) {
        if (wanted(i + beyond) && (i === first || !wanted(i + beyond - 1))) waiting.push(i + beyond);
      }
    }
    values.fill(label, first, last + 1);
    left = Math.min(left, first - row * width);
    right = Math.max(right, last - row * width);
    top = Math.min(top, row);
    bottom = Math.max(bottom, row);
  }
  return { x: left, y: top, width: right - left + 1, height: bottom - top + 1 };
}

function cut(values, width, area) {
  const part = new Uint8Array(area.width * area.height);
  for (let row = 0; row < area.height; row++) {
    const start = (area.y + row) * width + area.x;
    part.set(values.subarray(start, start + area.width), row * area.width);
  }
  return part;
}

function paste(values, width, patch) {
  for (let row = 0; row < patch.height; row++) {
    values.set(patch.values.subarray(row * patch.width, (row + 1) * patch.width), (patch.y + row) * width + patch.x);
  }
}

function same(one, other) {
  return one.every((value, index) => value === other[index]);
}
