// Versions of a model, two of them side by side.

import {element, Table} from "./dom.js";
import {count, date, duration, figure, share} from "./format.js";

// What to show of a VersionInfo.
const FACTS = [
  ["Made", (info) => date(info.create_time)],
  ["Made by", (info) => info.created_by || "–"],
  ["From", (info) => (info.origin === "ORIGIN_IMPORTED" ? "import" : "training")],
  ["Training rows", (info) => count(info.training_rows)],
  ["Left out of them", (info) => count(info.left_out_rows)],
  ["Features", (info) => count(info.features.length)],
  ["Columns that are features", (info) => (info.schema ? count(info.schema.columns.filter((column) => column.role === "COLUMN_ROLE_FEATURE").length) : "no schema")],
  ["Alpha", (info) => share(info.threshold_history.at(-1).alpha)],
  ["Threshold", (info) => figure(info.threshold_history.at(-1).threshold)],
  ["Threshold set", (info) => date(info.threshold_history.at(-1).set_time)],
  ["Threshold set by", (info) => info.threshold_history.at(-1).set_by || "–"],
  ["Median training score", (info) => quantile(info, 0.5)],
  ["99% of training scores up to", (info) => quantile(info, 0.99)],
  ["Members", (info) => figure(info.hyperparameters?.ensemble_size)],
  ["Remembered rows", (info) => (info.hyperparameters?.memory_rows === undefined ? "–" : count(info.hyperparameters.memory_rows))],
  ["Epochs", (info) => figure(info.hyperparameters?.epochs)],
  ["Held-out reconstruction error", (info) => figure(info.held_out?.reconstruction)],
  ["Training time", (info) => (info.training_duration ? duration(Number.parseFloat(info.training_duration)) : "–")],
  ["Seed", (info) => info.seed],
  ["Training rows' fingerprint", (info) => info.data_fingerprint.slice(0, 12)],
  ["Warnings", (info) => (info.warnings.length === 0 ? "none" : info.warnings.join(" "))],
];

function quantile(info, probability) {
  const found = info.score_quantiles.find((one) => Math.abs(one.probability - probability) < 1e-9);
  return figure(found?.score);
}

export class Versions {
  constructor() {
    this.left = element("select", {id: "left"});
    this.right = element("select", {id: "right"});
    this.box = element("div");
    this.leftOut = element("p", {class: "faint"});
    this.choices = element("div", {class: "choices"},
                           element("span", {}, element("label", {for: "left"}, "One "), this.left),
                           element("span", {}, element("label", {for: "right"}, "Another "), this.right));
    this.node = element("section", {"aria-labelledby": "versions-title"},
                        element("h2", {id: "versions-title"}, "Versions"), this.choices, this.box, this.leftOut);
    for (const select of [this.left, this.right]) select.addEventListener("change", () => this.show());
  }

  update({model}) {
    const key = JSON.stringify([model.summary, model.versions.map((info) => [info.version, info.threshold_history.at(-1)])]);
    if (key === this.key) return;
    this.key = key;
    this.infos = new Map(model.versions.map((info) => [info.version, info]));
    this.serving = model.summary.serving_version;
    const numbers = [...this.infos.keys()].reverse();
    const other = numbers.find((number) => number !== this.serving);
    this.fill(this.left, numbers, this.serving);
    this.fill(this.right, numbers, other ?? this.serving);
    this.choices.hidden = numbers.length < 2;
    this.leftOut.hidden = model.left_out_versions.length === 0;
    this.leftOut.textContent = model.left_out_versions.map(({version, reason}) => `Version ${version} is left out: ${reason}.`).join(" ");
    this.show();
  }

  name(number) {
    return `Version ${number}${number === this.serving ? ", serving" : ""}`;
  }

  fill(select, numbers, preset) {
    const chosen = this.infos.has(select.value) ? select.value : preset;
    select.replaceChildren(...numbers.map((number) => element("option", {value: number}, this.name(number))));
    select.value = chosen;
  }

  show() {
    const shown = [...new Set([this.left.value, this.right.value])].map((number) => this.infos.get(number));
    const table = new Table(shown.length > 1 ? "Marked rows differ" : "The one version shown",
                            [{name: "Fact", head: true}, ...shown.map((info) => ({name: this.name(info.version)}))]);
    table.update(FACTS.map(([name, of]) => {
      const texts = shown.map(of);
      return {mark: new Set(texts).size > 1 ? "differs" : "", cells: [name, ...texts]};
    }));
    this.box.replaceChildren(table.node);
  }
}
