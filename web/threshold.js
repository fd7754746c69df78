// The slider: what another significance would have made of the last hour. Changes nothing.

import {ask, modelPath} from "./api.js";
import {ChartFigure} from "./charts.js";
import {element, setText} from "./dom.js";
import {count, figure, share} from "./format.js";

const MOST = 0.5;  // significances above it are of no use
const CURVE_POINTS = 200;

export class Threshold {
  // `onAlpha` is called with each significance that is chosen.
  constructor(model, onAlpha) {
    this.model = model;
    this.onAlpha = onAlpha;
    this.slider = element("input", {type: "range", id: "alpha", min: 0, max: 0, step: 1,
                                    "aria-describedby": "alpha-effect"});
    this.value = element("output", {for: "alpha"});
    this.effect = element("p", {id: "alpha-effect"});
    this.serving = element("p", {class: "faint"});
    this.reset = element("button", {type: "button"}, "Back to the serving alpha");
    this.chart = new ChartFigure("Training scores and threshold", {
      type: "scatter", xLabel: "score", yLabel: "density", linear: true,
      series: [{name: "training scores", color: "rows", type: "line", filled: true},
               {name: "threshold", color: "alarm", type: "line"},
               {name: "serving threshold", color: "expected", type: "line", dashed: true}],
      columns: [{name: "Score", number: true, head: true}, {name: "Share of training scores up to it", number: true}]});
    this.node = element("section", {"aria-labelledby": "threshold-title"},
                        element("h2", {id: "threshold-title"}, "Threshold"),
                        element("div", {class: "slider"},
                                element("div", {}, element("label", {for: "alpha"}, "Alpha: "), this.value,
                                        this.slider, this.effect, this.serving, this.reset),
                                this.chart.node));
    this.slider.addEventListener("input", () => this.choose(Number(this.slider.value)));
    this.reset.addEventListener("click", () => {
      this.choose(this.servingStep);
      this.slider.focus();
    });
  }

  // The steps are the edges that the server counts p-values by, and the alpha that serves.
  update({history, model}) {
    const {alpha} = model.summary.threshold;
    const version = model.summary.serving_version;
    this.history = history;
    const steps = [...new Set([...history.p_values.edges.filter((edge) => edge <= MOST), alpha])].sort((a, b) => a - b);
    const changed = alpha !== this.serves?.alpha || version !== this.serves?.version;
    this.steps = steps;
    this.servingStep = steps.indexOf(alpha);
    this.slider.max = steps.length - 1;
    setText(this.serving, `Serving: alpha ${share(alpha)}, threshold ${figure(model.summary.threshold.threshold)}.`);
    if (changed) {
      this.serves = {alpha, version, threshold: model.summary.threshold.threshold};
      this.curve = undefined;
      this.choose(this.servingStep);
    } else {
      this.show();
    }
  }

  choose(step) {
    this.slider.value = step;
    this.alpha = this.steps[step];
    this.threshold = undefined;
    this.show();
    this.onAlpha(this.alpha);
    this.fetchThreshold();
  }

  // The threshold of the latest choice; those of earlier ones are of no use any more.
  async fetchThreshold() {
    const {alpha} = this;
    const {version} = this.serves;
    const points = this.curve === undefined ? CURVE_POINTS : 0;
    try {
      const answer = await ask(modelPath(this.model,
          `/threshold?alpha=${alpha}&version=${version}&curve_points=${points}`));
      if (version !== this.serves.version) return;
      if (points > 0) this.curve = answer.curve;
      if (alpha === this.alpha) this.threshold = answer.threshold;
      this.show();
    } catch (error) {
      setText(this.effect, `The threshold could not be asked for: ${error.message}`);
    }
  }

  show() {
    const {edges, counts} = this.history.p_values;
    const rows = counts.reduce((sum, bin) => sum + bin, 0);
    const exact = edges.includes(this.alpha);
    const alarms = counts.reduce((sum, bin, index) => sum + (edges[index] <= this.alpha ? bin : 0), 0);
    setText(this.value, share(this.alpha));
    this.slider.setAttribute("aria-valuetext", `alpha ${share(this.alpha)}`);
    const threshold = this.threshold === undefined ? "" : `, threshold ${figure(this.threshold)}`;
    const effect = rows === 0
        ? "No rows were scored in the last hour."
        : `would have alarmed on ${exact ? "" : "at least "}${count(alarms)} of ${count(rows)} rows of the last hour (${share(alarms / rows)}); of normal rows, ${count(this.alpha * rows)} are to be expected.`;
    setText(this.effect, rows === 0 ? effect : `Alpha ${share(this.alpha)}${threshold} ${effect}`);
    this.reset.disabled = this.alpha === this.serves.alpha;
    if (this.curve === undefined || this.threshold === undefined) return;
    const most = Math.max(...this.curve.map((point) => point.density));
    const line = (score) => [{x: score, y: 0}, {x: score, y: most}];
    this.chart.update([], [this.curve.map(({score, density}) => ({x: score, y: density})), line(this.threshold),
                           line(this.serves.threshold)],
                      `At alpha ${share(this.alpha)}, rows with a score of ${figure(this.threshold)} or more are alarms.`,
                      this.curve.filter((_, index) => index % 10 === 0 || index === CURVE_POINTS - 1)
                          .map(({score, cdf}) => [figure(score), share(cdf)]));
  }
}
