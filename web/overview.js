// What #/ shows: all models and jobs.

import {ask} from "./api.js";
import {sparkline} from "./charts.js";
import {element, Table} from "./dom.js";
import {count, duration, share, time} from "./format.js";

// As unlikely as four standard deviations, chance does not explain a number of alarms.
const UNUSUAL = 4 ** 2 / 2;

export function modelLink(model) {
  return `#/models/${encodeURIComponent(model)}`;
}

// The significance at which the rows were judged, on average where it has changed.
export function alphaOf(counts, serving) {
  return counts.rows === 0 ? serving : counts.expected_alarms / counts.rows;
}

// How the share of alarms compares with alpha, in a word and in words, and whether it asks for attention. By
// Chernoff's bound: as many alarms, or more, have a probability of at most exp(-surprise).
export function compare(alarms, rows, alpha) {
  if (rows === 0) return {word: "no rows", text: "no rows", unusual: false};
  const found = alarms / rows;
  const part = (one, other) => one === 0 ? 0 : one * Math.log(one / other);
  const surprise = rows * (part(found, alpha) + part(1 - found, 1 - alpha));
  if (surprise <= UNUSUAL) return {word: "as expected", text: "as alpha and chance explain", unusual: false};
  if (found < alpha) return {word: "fewer", text: "fewer than alpha and chance explain", unusual: false};
  return {word: "more", text: "more than alpha and chance explain", unusual: true};
}

export class JobTable {
  constructor() {
    this.table = new Table("Trainings and imports that hold a slot", [
      {name: "Model", head: true}, {name: "Kind"}, {name: "State"}, {name: "Progress"},
      {name: "Rows a second", number: true}, {name: "Time left", number: true},
      {name: "Since", number: true}]);
    this.none = element("p", {class: "faint"}, "No training or import is running.");
    this.node = element("section", {"aria-labelledby": "jobs-title"},
                        element("h2", {id: "jobs-title"}, "Jobs"), this.none, this.table.node);
  }

  update(jobs) {
    this.none.hidden = jobs.length > 0;
    this.table.node.hidden = jobs.length === 0;
    this.table.update(jobs.map((job) => ({cells: [
      job.model, job.kind, job.state, progress(job),
      job.rows_per_second === null ? "–" : count(job.rows_per_second), duration(job.seconds_left),
      time(job.start)]})));
  }
}

function progress(job) {
  if (job.epochs === null) return "–";
  const text = `epoch ${count(job.epoch)} of ${count(job.epochs)}`;
  return {key: text, make: () => element("span", {},
      element("progress", {max: job.epochs, value: job.epoch, "aria-label": `${job.model}: ${text}`}),
      ` ${text}`)};
}

export class Overview {
  title = "Models";

  constructor() {
    this.models = new Table("Of the last hour. Expected are alarms as alpha and chance explain; median and 99% are " +
                            "latencies of requests, in the server", [
      {name: "Model", head: true}, {name: "Serving", number: true}, {name: "Versions", number: true},
      {name: "Rows", number: true}, {name: "By minute"}, {name: "Alarms", number: true},
      {name: "Alpha", number: true}, {name: "Alarms are"}, {name: "Median", number: true},
      {name: "99%", number: true}]);
    this.none = element("p", {}, "There are no models yet. ",
                        element("code", {}, "advae train NAME --data=FILE"), " makes one.");
    this.jobs = new JobTable();
    this.node = element("div", {}, element("h1", {}, "Models"),
                        element("section", {"aria-label": "Models"}, this.none, this.models.node),
                        this.jobs.node);
  }

  async load() {
    const [list, history, jobs] = await Promise.all([ask("v1/models"), ask("v1/history"), ask("v1/jobs")]);
    return {list, history, jobs};
  }

  update({list, history, jobs}) {
    const counts = new Map(history.models.map((one) => [one.model, one]));
    this.none.hidden = list.models.length > 0;
    this.models.node.hidden = list.models.length === 0;
    this.models.update(list.models.filter((model) => counts.has(model.model)).map((model) => {
      const of = counts.get(model.model);
      const {alpha} = model.threshold;
      const verdict = compare(of.alarms, of.rows, alphaOf(of, alpha));
      return {cells: [
        {key: model.model, make: () => element("a", {href: modelLink(model.model)}, model.model)},
        model.serving_version, model.versions.length, count(of.rows),
        {key: of.rows_by_minute.join(), make: () => sparkline(of.rows_by_minute)},
        of.rows === 0 ? "–" : `${count(of.alarms)} (${share(of.alarms / of.rows)})`, share(alpha),
        {key: verdict.text, make: () => element("span", {class: verdict.unusual ? "alarm" : undefined},
                                                (verdict.unusual ? "▲ " : "") + verdict.word)},
        duration(of.latency_p50), duration(of.latency_p99)]};
    }));
    this.jobs.update(jobs.jobs);
  }

  draw() {}
  remove() {}
}
