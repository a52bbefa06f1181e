// The page: what is chosen, what is being done, what came out. The work itself is done by worker.js.

import { decode, onDrop, openCamera } from "./pictures.js";

const words = JSON.parse(document.getElementById("words").textContent);
const find = (name) => document.getElementById(name);
const say = (name, values = {}) => words[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
const numbers = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });
// Largest side on iPhones and iPads, whose browsers end a page that takes more memory.
const IOS_SIZE = 512;

// Pictures by key: samples are fetched when they are first used. `known` has those that the worker has.
const state = { blobs: new Map(), known: new Set(), worker: null, busy: null, own: 0, pace: 0 };

function status(text, wrong = false) {
  find("status").textContent = text;
  find("status").classList.toggle("wrong", wrong);
}

/** Add a picture of the visitor's to the photographs or the paintings, and choose it. */
async function add(list, blob) {
  const name = blob.name ?? say("own", { number: state.own + 1 });
  try {
    (await createImageBitmap(blob)).close();
  } catch {
    return status(say("unreadable", { name }), true);
  }
  const key = `own-${(state.own += 1)}`;
  state.blobs.set(key, blob);
  const entry = find(list).lastElementChild.cloneNode(true);
  const choice = entry.querySelector("input");
  choice.value = key;
  choice.checked = true;
  entry.querySelector("img").src = URL.createObjectURL(blob);
  entry.querySelector("span").textContent = name;
  entry.querySelector(".share")?.setAttribute("aria-label", say("share", { name }));
  find(list).append(entry);
  showShares();
  choice.focus();
  return status(name);
}

const chosen = () => [...document.querySelectorAll("[name=painting]:checked")];
const shareOf = (choice) => choice.closest(".item").querySelector(".share");

/** Show shares where several paintings are mixed. */
function showShares() {
  const mixed = chosen().length > 1;
  for (const choice of document.querySelectorAll("[name=painting]")) shareOf(choice).hidden = !(mixed && choice.checked);
}

/** Return the pixels of those pictures that the worker does not have, by key. */
async function pixels(keys) {
  const found = new Map();
  for (const key of keys.filter((each) => !state.known.has(each))) {
    const blob = state.blobs.get(key) ?? (await (await fetch(`samples/${key}.jpg`)).blob());
    found.set(key, await decode(blob));
  }
  return found;
}

async function paint() {
  const photo = document.querySelector("[name=photo]:checked").value;
  const paintings = chosen().map((choice) => ({ key: choice.value, weight: Number(shareOf(choice).value) }));
  if (!paintings.length) return status(say("no_painting"), true);
  setBusy({ began: performance.now() });
  const own = state.busy;
  const pictures = await pixels([photo, ...paintings.map(({ key }) => key)]).catch(() => null);
  // Canceled while pictures were read.
  if (state.busy !== own) return undefined;
  if (!pictures) return fail({ reason: "fetch" });
  state.worker ??= startWorker();
  for (const key of pictures.keys()) state.known.add(key);
  const { size, strength, keep } = Object.fromEntries(["size", "strength", "keep"].map((name) => [name, find(name)]));
  const given = { photo, paintings, size: Number(size.value), strength: Number(strength.value), keep: keep.checked };
  return state.worker.postMessage({ pictures, ...given }, [...pictures.values()].map(({ data }) => data.buffer));
}

function startWorker() {
  const worker = new Worker("worker.js", { type: "module" });
  worker.onmessage = ({ data }) => ({ fetched, step, done, failed: fail })[data.kind](data);
  worker.onerror = (event) => fail({ reason: "unknown", failed: event.message ?? "" });
  return worker;
}

function setBusy(busy) {
  clearInterval(state.busy?.timer);
  state.busy = busy;
  find("paint").disabled = Boolean(busy);
  find("cancel").hidden = find("work").hidden = !busy;
  find("bar").removeAttribute("value");
  find("detail").textContent = "";
  if (busy && document.activeElement === find("paint")) find("cancel").focus();
}

function fetched({ done, total }) {
  if (find("status").textContent !== say("fetching")) status(say("fetching"));
  find("bar").value = done / total;
  const megabytes = (bytes) => numbers.format(bytes / 1e6);
  find("detail").textContent = say("fetched", { done: megabytes(done), total: megabytes(total) });
}

/** Show a step of the work. How far it is follows from how long the steps before took for their share of it. */
function step({ step: name, done, next, total }) {
  const { busy } = state;
  status(say(name === "paint" ? "painting" : name));
  clearInterval(busy.timer);
  // Until a step has shown how fast this machine is, nothing is said of the time left.
  if (!state.pace) {
    find("detail").textContent = "";
    find("bar").removeAttribute("value");
  }
  if (total === undefined) return undefined;
  const now = performance.now();
  if (done) state.pace = (now - busy.work) / done;
  else busy.work = now;
  const show = () => {
    if (!state.pace) return;
    const at = Math.min(next, done + (performance.now() - now) / state.pace);
    find("bar").value = at / total;
    const seconds = numbers.format(Math.max(1, Math.ceil(((total - at) * state.pace) / 1000)));
    find("detail").textContent = say("left", { seconds });
  };
  busy.timer = setInterval(show, 200);
  return show();
}

function done({ width, height, result, before, runtime }) {
  const seconds = numbers.format((performance.now() - state.busy.began) / 1000);
  const byKeys = document.activeElement === find("cancel");
  setBusy(null);
  for (const [name, bytes] of Object.entries({ after: result, before })) {
    const canvas = Object.assign(find(name), { width, height });
    canvas.getContext("2d").putImageData(new ImageData(bytes, width, height), 0, 0);
  }
  find("result").hidden = false;
  status(say("done", { width, height, seconds, runtime: { wasm: "WebAssembly", webgpu: "WebGPU" }[runtime] }));
  find("result").scrollIntoView({ block: "nearest" });
  if (byKeys) find("save").focus({ preventScroll: true });
}

function fail({ reason, failed = "" }) {
  setBusy(null);
  status(say(reason, { failed: failed.split("\n")[0].slice(0, 200) }), true);
  if (reason === "unknown") endWorker();
}

/** End the work; the next one starts anew, with the network from the browser's cache. */
function endWorker() {
  state.worker?.terminate();
  state.worker = null;
  state.known.clear();
}

function cancel() {
  setBusy(null);
  endWorker();
  status(say("canceled"));
  find("paint").focus();
}

function save() {
  find("after").toBlob((blob) => {
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: "pincel.png" });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }, "image/png");
}

function limitSizes() {
  const ios = /iP(hone|ad|od)/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
  if (!ios) return;
  for (const option of find("size").options) option.disabled = Number(option.value) > IOS_SIZE;
  find("limited").textContent = say("limited", { size: IOS_SIZE });
  find("limited").hidden = false;
}

function main() {
  find("served").hidden = true;
  find("paint").disabled = false;
  for (const [list, file] of [["photos", "photo-file"], ["paintings", "painting-file"]]) {
    find(file).addEventListener("change", async () => {
      for (const each of [...find(file).files]) await add(list, each);
      find(file).value = "";
    });
    onDrop(find(list).closest("section"), (each) => add(list, each));
  }
  document.addEventListener("paste", (event) => {
    const list = document.activeElement.closest("section")?.contains(find("paintings")) ? "paintings" : "photos";
    for (const file of event.clipboardData.files) add(list, file);
  });
  find("paintings").addEventListener("change", showShares);
  find("strength").addEventListener("input", () => (find("strength-value").textContent = numbers.format(find("strength").value)));
  find("edge").addEventListener("input", () => find("before").style.setProperty("--edge", `${find("edge").value}%`));
  find("camera").addEventListener("click", () => openCamera(find("lens"), (blob) => add("photos", blob), () => status(say("no_camera"), true)));
  find("paint").addEventListener("click", paint);
  find("cancel").addEventListener("click", cancel);
  find("save").addEventListener("click", save);
  limitSizes();
  showShares();
}

main();
