// What gallery, comparison and studies know of runs alike.

import { recipeOf } from "./form.js";
import { nameOf, titleOf } from "./parts.js";
import { asText } from "./settings.js";
import { has, number, t } from "./words.js";

/** The best picture there is of a run, or null: its result, or what it looked like last. */
export function pictureOfRun(run) {
  if (run.has_result && run.kind === "transfer") return `api/runs/${run.id}/result.png?${encodeURIComponent(run.ended ?? "")}`;
  return run.has_preview ? `api/runs/${run.id}/preview.jpg?v=${run.step ?? 0}` : null;
}

/** A small picture of a run: of what it made, or else of what it was given; null for a study that was given none. */
export function thumbOfRun(run) {
  if (run.kind === "study" && !run.pictures?.length && !run.has_preview) return null;
  return `api/runs/${run.id}/thumb.webp?${run.state}`;
}

/** What a study is called here. */
export const studyName = (name) => (has(`studies.name.${name}`) ? t(`studies.name.${name}`) : name);

/** What a run, or a study, is called here. */
export function calledOf(run) {
  if (run.kind !== "study" || !run.study) return titleOf(run);
  return [studyName(run.study), (run.pictures ?? []).map(nameOf).join(", ")].filter(Boolean).join(": ");
}

/** Where a run is opened. */
export const placeOf = (run) => `#/${{ study: "studies", course: "course" }[run.kind] ?? "run"}/${run.id}`;

/** Every setting of a run as text, those of its recipe included: a Map of name → text. */
export function settingsOf(run) {
  const all = { ...recipeOf(run.recipe)?.values, ...run.settings };
  return new Map(Object.entries(all).map(([name, value]) => [name, asText(value)]));
}

/**
 * Two runs' settings side by side.
 *
 * @returns [{name, values: [text, text], differ}], those that differ first.
 */
export function sideBySide(one, other) {
  const maps = [settingsOf(one), settingsOf(other)];
  const names = [...new Set(maps.flatMap((map) => [...map.keys()]))];
  const rows = names.map((name) => {
    const values = maps.map((map) => map.get(name) ?? "");
    return { name, values, differ: values[0] !== values[1] };
  });
  return rows.sort((a, b) => b.differ - a.differ);
}

/** A loss to four digits; a dash where there is none. */
export const loss = (value) => (value === null || value === undefined ? "–" : number(value, 4));
