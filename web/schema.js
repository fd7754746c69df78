// The columns of the serving version, or its features where it has no schema.

import {element, Table} from "./dom.js";
import {count, figure, share} from "./format.js";

const FIRST = 50;  // rows that are shown without being asked for

const word = (name, prefix) => name.slice(prefix.length).toLowerCase();

function microseconds(text) {
  return new Date(Number(text) / 1e3).toISOString().slice(0, 16).replace("T", " ");
}

function valuesOf(column) {
  if (column.number) {
    return `${figure(column.number.minimum)} to ${figure(column.number.maximum)}, median ${figure(column.number.median)}`;
  }
  if (column.boolean) return `${share(column.boolean.true_share)} true`;
  if (column.time) return `${microseconds(column.time.minimum)} to ${microseconds(column.time.maximum)} UTC`;
  if (column.category) {
    const {categories} = column.category;
    const first = categories.slice(0, 5).map(({category}) => category).join(", ");
    return `${count(categories.length)} categories: ${first}${categories.length > 5 ? ", …" : ""}`;
  }
  return "–";
}

export class Schema {
  constructor() {
    this.box = element("div");
    this.more = element("button", {type: "button"});
    this.more.addEventListener("click", () => {
      this.all = true;
      this.show();
    });
    this.node = element("section", {"aria-labelledby": "schema-title"},
                        element("h2", {id: "schema-title"}, "Columns"), this.box, this.more);
  }

  update({model}) {
    const info = model.versions.find((one) => one.version === model.summary.serving_version);
    if (info === undefined || info.version === this.version) return;
    this.version = info.version;
    this.info = info;
    this.show();
  }

  show() {
    const {schema, features, version} = this.info;
    const lines = schema ? schema.columns : features;
    const shown = this.all ? lines : lines.slice(0, FIRST);
    const table = schema
        ? new Table(`The schema of version ${version}`, [
            {name: "Column", head: true}, {name: "Kind"}, {name: "Role"}, {name: "Missing in training", number: true},
            {name: "Values in training"}, {name: "Note"}])
        : new Table(`Version ${version} was trained on numbers without a schema`, [
            {name: "Feature", head: true}, {name: "Least in training", number: true}, {name: "Most in training", number: true}]);
    table.update(shown.map((line) => ({cells: schema
        ? [line.name, word(line.kind, "COLUMN_KIND_"), word(line.role, "COLUMN_ROLE_"), share(line.missing_share),
           valuesOf(line), line.note || "–"]
        : [line.name, figure(line.minimum), figure(line.maximum)]})));
    this.box.replaceChildren(table.node);
    this.more.hidden = shown.length === lines.length;
    this.more.textContent = `Show all ${count(lines.length)}`;
  }
}
