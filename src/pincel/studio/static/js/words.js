// What the page says, in the language of whoever looks at it. Every text comes from words/LANGUAGE.json through t(key).

export const LANGUAGES = { en: "English", es: "Español" };
const PLACE = "pincel.language";
// The words of the viewers are in files of their own.
const PARTS = ["", ".viewers"];

let current = "en";
let words = {};
let plurals = new Intl.PluralRules("en");

/** Return the language kept in this browser, or the first of the browser's own that the page speaks. */
function wanted() {
  const kept = localStorage.getItem(PLACE);
  const liked = [kept, ...(navigator.languages ?? [navigator.language])].filter(Boolean).map((tag) => tag.slice(0, 2));
  return liked.find((tag) => tag in LANGUAGES) ?? "en";
}

/** Turn {compose: {paint: "Paint"}} into {"compose.paint": "Paint"}; {one, other} is one text in two numbers. */
function flattened(tree, prefix = "") {
  const flat = {};
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === "string" || "other" in value) flat[prefix + key] = value;
    else Object.assign(flat, flattened(value, `${prefix}${key}.`));
  }
  return flat;
}

async function fetched(tag, part) {
  const answer = await fetch(new URL(`../words/${tag}${part}.json`, import.meta.url));
  return answer.ok ? flattened(await answer.json()) : {};
}

/** Fetch the words; to be awaited once before anything is shown. */
export async function loadWords(tag = wanted()) {
  const parts = await Promise.all(PARTS.map((part) => fetched(tag, part)));
  words = Object.assign({}, ...parts);
  current = tag;
  plurals = new Intl.PluralRules(tag);
  document.documentElement.lang = tag;
}

/** Speak another language from now on; whoever calls shows the page again. */
export async function setLanguage(tag) {
  localStorage.setItem(PLACE, tag);
  await loadWords(tag);
}

/** Return "en" or "es". */
export const language = () => current;

/** Whether there are words for a key. */
export const has = (key) => key in words;

/** Return the words for a key, {name} replaced by values.name; of {one, other}, the one that suits values.count. */
export function t(key, values = {}) {
  let text = words[key] ?? key;
  if (typeof text === "object") text = text[plurals.select(values.count)] ?? text.other;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? shown(values[name]) : whole));
}

const shown = (value) => (typeof value === "number" ? number(value) : String(value));

/** A number as it is written here: few digits, as many as tell something. */
export function number(value, digits = 3) {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e7)) return value.toExponential(digits - 1);
  return value.toLocaleString(current, size >= 1000 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: digits });
}

/** A large number in few letters: 9.08M. */
export function compact(value) {
  return Math.abs(value) < 1e4 ? number(value) : value.toLocaleString(current, { notation: "compact", maximumSignificantDigits: 3 });
}

/** Seconds as a person says them: "40 s", "3 min", "1 h 20 min". */
export function duration(seconds) {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Bytes as kB, MB, GB. */
export function bytes(count) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  const step = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3));
  return (count / 1000 ** step).toLocaleString(current, { style: "unit", unit: units[step], unitDisplay: "short", maximumSignificantDigits: 3 });
}

/** A moment (ISO text, or seconds since 1970) in the words of the place: the time if it is today, else the date too. */
export function moment(value) {
  const when = new Date(typeof value === "number" ? value * 1000 : value);
  const today = when.toDateString() === new Date().toDateString();
  return when.toLocaleString(current, today ? { timeStyle: "short" } : { dateStyle: "medium", timeStyle: "short" });
}
