// The last hour of a model: figures and charts.

import {ChartFigure} from "./charts.js";
import {element, setText} from "./dom.js";
import {count, duration, minute, share} from "./format.js";
import {alphaOf, compare} from "./overview.js";

const BINS = 20;  // of the histogram of p-values

// Counts by even bins, of counts by edges that have those of the bins among them.
export function evenBins({edges, counts}) {
  const bins = new Array(BINS).fill(0);
  edges.forEach((edge, index) => {
    bins[Math.ceil(edge * BINS - 1e-9) - 1] += counts[index];
  });
  return bins;
}

export class Traffic {
  constructor() {
    this.facts = {};
    this.list = element("dl", {class: "facts"});
    for (const [key, name] of [["rows", "Rows, last hour"], ["alarms", "Alarms"], ["latency", "Median latency"],
                               ["serving", "Serving version"]]) {
      this.facts[key] = {value: element("div", {class: "value"}), more: element("div", {class: "faint"})};
      this.list.append(element("div", {}, element("dt", {}, name),
                               element("dd", {}, this.facts[key].value, this.facts[key].more)));
    }
    const minutes = {type: "bar", xLabel: "time"};
    this.rows = new ChartFigure("Rows by minute", {
      ...minutes, yLabel: "rows", stacked: true,
      series: [{name: "alarms", color: "alarm", type: "bar"}, {name: "others", color: "rows", type: "bar"}],
      columns: [{name: "Minute", head: true}, {name: "Rows", number: true}, {name: "Alarms", number: true},
                {name: "Without a score", number: true}]});
    this.share = new ChartFigure("Share of alarms by minute", {
      ...minutes, yLabel: "% of the rows",
      series: [{name: "alarms", color: "alarm", type: "line", points: true},
               {name: "alpha", color: "expected", type: "line", dashed: true}],
      columns: [{name: "Minute", head: true}, {name: "Share", number: true}]});
    this.p = new ChartFigure("P-values", {
      type: "bar", xLabel: "p-value, up to", yLabel: "% of the rows",
      series: [{name: "rows", color: "rows", type: "bar"},
               {name: "if traffic is like training", color: "expected", type: "line", dashed: true}],
      columns: [{name: "Up to", head: true, number: true}, {name: "Rows", number: true},
                {name: "Share", number: true}]});
    this.latency = new ChartFigure("Latency by minute", {
      ...minutes, yLabel: "ms", logarithmic: true,
      series: [{name: "median", color: "rows", type: "line", points: true},
               {name: "99%", color: "other", type: "line", points: true, dashed: true}],
      columns: [{name: "Minute", head: true}, {name: "Requests", number: true}, {name: "Median", number: true},
                {name: "99%", number: true}]});
    this.charts = [this.rows, this.share, this.p, this.latency];
    this.node = element("section", {"aria-labelledby": "traffic-title"},
                        element("h2", {id: "traffic-title"}, "Last hour"),
                        element("div", {class: "charts"}, ...this.charts.map((chart) => chart.node)));
  }

  setFact(key, value, more) {
    setText(this.facts[key].value, value);
    setText(this.facts[key].more, more);
  }

  update({history, model}) {
    const {summary} = model;
    const {alpha} = summary.threshold;
    const {total, minutes} = history;
    const verdict = compare(total.alarms, total.rows, alphaOf(total, alpha));
    this.setFact("rows", count(total.rows), `${count(total.requests)} requests${total.unscored > 0 ? `, ${count(total.unscored)} rows without a score` : ""}`);
    this.setFact("alarms", total.rows === 0 ? "–" : share(total.alarms / total.rows),
                 `${count(total.alarms)} alarms; alpha is ${share(alpha)}: ${verdict.text}`);
    this.facts.alarms.value.classList.toggle("alarm", verdict.unusual);
    this.setFact("latency", duration(total.latency_p50), `99% of requests within ${duration(total.latency_p99)}`);
    this.setFact("serving", summary.serving_version, `of ${summary.versions.length}; ${count(summary.features)} features`);

    const labels = minutes.map((one) => minute(one.start));
    const busy = minutes.filter((one) => one.requests > 0);
    const most = Math.max(0, ...minutes.map((one) => one.rows));
    this.rows.update(labels, [minutes.map((one) => one.alarms), minutes.map((one) => one.rows - one.alarms)],
                     `${count(total.rows)} rows, ${count(total.alarms)} of them alarms; at most ${count(most)} rows in a minute.`,
                     busy.map((one) => [minute(one.start), count(one.rows), count(one.alarms), count(one.unscored)]));
    const part = (one) => (one.rows === 0 ? null : 100 * one.alarms / one.rows);
    this.share.update(labels, [minutes.map(part), minutes.map((one) => 100 * alphaOf(one, alpha))],
                      `${share(total.alarms / total.rows)} of the rows, beside ${share(alphaOf(total, alpha))} of normal rows: ${verdict.text}.`,
                      busy.map((one) => [minute(one.start), share(one.alarms / one.rows)]));
    const bins = evenBins(history.p_values);
    const edges = bins.map((_, index) => ((index + 1) / BINS).toFixed(2));
    this.p.update(edges, [bins.map((bin) => (total.rows === 0 ? 0 : 100 * bin / total.rows)), bins.map(() => 100 / BINS)],
                  total.rows === 0 ? "no rows" : `${share(bins[0] / total.rows)} of the rows have a p-value of at most .05. Equal bars would mean that the rows are like those of the training.`,
                  bins.map((bin, index) => [edges[index], count(bin), share(bin / total.rows)]));
    const milliseconds = (value) => (value === null ? null : 1e3 * value);
    this.latency.update(labels, [minutes.map((one) => milliseconds(one.latency_p50)),
                                 minutes.map((one) => milliseconds(one.latency_p99))],
                        total.requests === 0 ? "no requests" : `Half of the requests within ${duration(total.latency_p50)}, 99% within ${duration(total.latency_p99)}, from checks to verdicts.`,
                        busy.map((one) => [minute(one.start), count(one.requests), duration(one.latency_p50),
                                           duration(one.latency_p99)]));
  }
}
