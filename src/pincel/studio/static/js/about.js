// What this is, on which machine it works, what it keeps.

import { html } from "../vendor/preact.js";
import { useStore } from "./store.js";
import { bytes, number, t } from "./words.js";

export function About() {
  const { about } = useStore();
  if (!about) return html`<p class="hint">${t("shell.soon")}</p>`;
  const { limits } = about;
  const facts = [
    [t("about.version"), about.version],
    [t("about.device"), about.device ?? t("about.unknown")],
    [t("about.home"), about.home],
    [t("about.kept"), bytes(about.home_bytes)],
    [t("about.free"), bytes(about.free_bytes)],
    [t("about.rule"), html`<span lang="en">${about.prune_rule}</span>`],
    [t("about.limits"), t("about.limitsAre", { bytes: bytes(limits.bytes), pictures: limits.pictures })],
  ];
  return html`<article class="about panel">
    <h1 tabindex="-1">${t("about.title")}</h1>
    <p class="lead">${t("about.lead")}</p>
    <p>${t("about.how")}</p>
    <p>${t("about.private")}</p>
    <h2>${t("about.machine")}</h2>
    <dl class="facts">${facts.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>
    <h2>${t("about.scripts")}</h2>
    <p>${t("about.scriptsHow")} <a href="api/openapi.json">/api/openapi.json</a></p>
    <h2>${t("about.thanks")}</h2>
    <p>${t("about.thanksTo")}</p>
  </article>`;
}
