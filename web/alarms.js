// The latest alarms, and rows that were close to one.

import {element, setText, Table} from "./dom.js";
import {figure, share, time, value} from "./format.js";

const FIRST = 10;  // rows that are shown without being asked for
const STATUS = {NOT_FINITE: "cannot be judged", INCOMPLETE: "incomplete"};

function columnsCell(row) {
  if (row.columns === null) return row.status === "NOT_FINITE" ? "a value is not finite" : "not kept, or not yet explained";
  // Without a contribution: why the row cannot be judged.
  const text = (column) => column.contribution === null ? " is not finite"
      : ` ${value(column.value)}, expected ${value(column.expected)}`;
  return {key: JSON.stringify(row.columns), make: () => element("ul", {class: "parts"},
      ...row.columns.slice(0, 3).map((column) => element("li", {}, element("strong", {}, column.name), text(column))))};
}

export class Alarms {
  constructor() {
    this.table = new Table("", [
      {name: "Time", head: true}, {name: "Row"}, {name: "Score", number: true}, {name: "P-value", number: true},
      {name: "Version", number: true}, {name: "Was"}, {name: "At the slider"}, {name: "Columns"}]);
    this.none = element("p", {class: "faint"}, "No odd rows are kept.");
    this.more = element("button", {type: "button"});
    this.more.addEventListener("click", () => {
      this.all = !this.all;
      this.show();
    });
    this.node = element("section", {"aria-labelledby": "alarms-title"},
                        element("h2", {id: "alarms-title"}, "Latest odd rows"), this.none, this.table.node,
                        this.more);
  }

  setAlpha(alpha) {
    this.alpha = alpha;
    if (this.rows !== undefined) this.show();
  }

  update({alarms}) {
    this.rows = [...alarms.alarms.map((row) => ({...row, was: "alarm"})),
                 ...alarms.near_alarms.map((row) => ({...row, was: "close to one"}))]
        .sort((a, b) => (a.time < b.time ? 1 : -1));
    this.show();
  }

  show() {
    const {rows, alpha} = this;
    this.none.hidden = rows.length > 0;
    this.table.node.hidden = rows.length === 0;
    const wouldBe = (row) => row.p_value === null || row.p_value <= alpha;
    this.table.setCaption(`Alarms and rows close to one, the latest first. At alpha ${share(alpha)}, ${rows.filter(wouldBe).length} of these ${rows.length} would be alarms.`);
    this.more.hidden = rows.length <= FIRST;
    setText(this.more, this.all ? `Show the latest ${FIRST}` : `Show all ${rows.length}`);
    this.table.update((this.all ? rows : rows.slice(0, FIRST)).map((row) => {
      const keys = Object.entries(row.keys).map(([name, text]) => `${name} ${text}`).join(", ");
      const verdict = wouldBe(row) ? "alarm" : "none";
      return {cells: [
        time(row.time), keys || "–", row.score === null ? (row.p_value === 0 ? "infinite" : "none") : figure(row.score),
        figure(row.p_value), row.version,
        row.status in STATUS ? `${row.was}, ${STATUS[row.status]}` : row.was,
        {key: verdict, make: () => element("span", {class: wouldBe(row) ? "alarm" : "faint"}, (wouldBe(row) ? "▲ " : "") + verdict)},
        columnsCell(row)]};
    }));
  }
}
