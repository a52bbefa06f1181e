// Everything that takes time, away from the page: fetching the network, scaling pictures, painting.

import { COSTS, Painter, isRight, toBytes, withLuminanceOf } from "./painter.js";
import { resize, targetSize } from "./resize.js";

// Long side that a painting is looked at in: as in `pincel quick`.
const STYLE_SIZE = 512;

// Pictures as they came, by key; what was measured of paintings; the photograph that was looked at last.
const state = { painter: null, pictures: new Map(), styles: new Map(), photo: { of: "" } };

self.onmessage = async ({ data }) => {
  for (const [key, picture] of data.pictures) state.pictures.set(key, picture);
  try {
    state.painter ??= await load();
    await paint(data);
  } catch (error) {
    const failed = String(error?.message ?? error);
    postMessage({ kind: "failed", reason: ["transparent", "small", "fetch"].find((known) => failed === known) ?? "unknown", failed });
  }
};

/** Fetch the network and the program that runs it, and start it: on the graphics processor, if it paints what it should there. */
async function load() {
  const network = await (await got("network.json")).json();
  state.least = network.least;
  if (await hasGraphics()) {
    const painter = await start(network, "webgpu").catch(failedElsewhere);
    if (painter && (await isRight(painter, network.check).catch(() => false))) return painter;
  }
  return start(network, "wasm");
}

/** Return whether a graphics processor can be used, by the smaller program of the two that can. */
async function hasGraphics() {
  return Boolean(WebAssembly.Suspending && (await navigator.gpu?.requestAdapter().catch(() => null)));
}

/** What was not fetched will not be for the other program either. */
function failedElsewhere(error) {
  if (error.message === "fetch") throw error;
  return null;
}

async function start({ runtimes, parts, bytes }, kind) {
  const names = runtimes[kind];
  const fetched = await fetchAll([names.wasm, ...Object.values(parts)], bytes);
  const runtime = await import(`./${names.script}`);
  runtime.env.wasm.wasmBinary = fetched.get(names.wasm);
  runtime.env.wasm.wasmPaths = { mjs: new URL(names.loader, import.meta.url).href };
  // Threads share memory, which browsers allow to pages that are isolated from others.
  runtime.env.wasm.numThreads = kind === "wasm" && self.crossOriginIsolated ? Math.min(8, navigator.hardwareConcurrency || 1) : 1;
  postMessage({ kind: "step", step: "start" });
  const sessions = {};
  for (const name of Object.keys(parts)) {
    sessions[name] = await runtime.InferenceSession.create(fetched.get(parts[name]), { executionProviders: [kind], logSeverityLevel: 3 });
  }
  return Object.assign(new Painter(runtime, sessions), { kind });
}

async function got(name) {
  const answer = await fetch(name).catch(() => null);
  if (!answer?.ok) throw new Error("fetch");
  return answer;
}

/** Fetch files, and say how many bytes of all are there. */
async function fetchAll(names, bytes) {
  const total = names.reduce((sum, name) => sum + bytes[name], 0);
  let done = 0;
  const fetched = new Map();
  for (const name of names) {
    const parts = [];
    const reader = (await got(name)).body.getReader();
    for (;;) {
      const { done: end, value } = await reader.read().catch(() => { throw new Error("fetch"); });
      if (end) break;
      parts.push(value);
      postMessage({ kind: "fetched", done: (done += value.length), total });
    }
    fetched.set(name, await new Blob(parts).arrayBuffer());
  }
  return fetched;
}

/** Return a picture as the network takes it. */
function scaled(key, size, flat) {
  const picture = state.pictures.get(key);
  const small = resize(picture, targetSize(picture.width, picture.height, size), flat);
  if (Math.min(small.width, small.height) < state.least) throw new Error("small");
  return small;
}

async function paint({ photo, paintings, size, strength, keep }) {
  const content = `${photo} ${size}`;
  const fresh = state.photo.of !== content;
  const small = fresh ? scaled(photo, size, false) : state.photo.small;
  const missing = paintings.filter(({ key }) => !state.styles.has(key)).map(({ key }) => ({ key, small: scaled(key, STYLE_SIZE, true) }));
  const area = ({ width, height }) => width * height;
  const work = [...missing.map((each) => COSTS.look * area(each.small)), fresh ? COSTS.look * area(small) : 0, COSTS.paint * area(small)];
  let done = 0;
  const step = (name, index) => postMessage({ kind: "step", step: name, done, next: (done += work[index]), total: work.reduce((a, b) => a + b) });
  for (const [index, each] of missing.entries()) {
    step("measure", index);
    state.styles.set(each.key, await state.painter.measure(each.small));
  }
  if (fresh) {
    step("look", missing.length);
    state.photo = { of: content, small, seen: await state.painter.look(small) };
  }
  step("paint", missing.length + 1);
  const chosen = paintings.map(({ key, weight }) => ({ style: state.styles.get(key), weight }));
  const painted = await state.painter.paint(small, state.photo.seen, chosen, strength);
  const { width, height, data, alpha } = small;
  const result = toBytes(keep ? withLuminanceOf(data, painted) : painted, alpha);
  const before = toBytes(data, alpha);
  postMessage({ kind: "done", width, height, result, before, runtime: state.painter.kind }, [result.buffer, before.buffer]);
}
