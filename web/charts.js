// Charts by Chart.js, each with a sentence and a table that say the same.

import {element, setText, Table} from "./dom.js";

const charts = new Set();

// A colour by its name in page.css.
function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

// Whoever likes dark pages may change the mind while the page is open.
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const chart of charts) chart.redraw();
});

// 1, 2 and 5 times the powers of ten.
function logarithmicTick(value) {
  const leading = Math.round(value / 10 ** Math.floor(Math.log10(value) + 1e-9));
  return [1, 2, 5].includes(leading) ? String(Number(value.toPrecision(3))) : null;
}

export class ChartFigure {
  // `series` are {name, color, type, dashed, filled, points}; `columns` are those of the table. With
  // `linear`, data are {x, y}, otherwise numbers by label.
  constructor(title, {type, xLabel, yLabel, series, columns, stacked = false, logarithmic = false,
                      linear = false}) {
    this.title = title;
    this.series = series;
    this.canvas = element("canvas", {role: "img"});
    this.summary = element("span", {class: "faint"});
    this.table = new Table(title, columns, {stacks: false});
    const details = element("details", {}, element("summary", {}, "As a table",
                                                   element("span", {class: "hidden-text"}, `: ${title}`)),
                            this.table.node);
    this.table.node.setAttribute("tabindex", "0");
    this.table.node.setAttribute("role", "region");
    this.table.node.setAttribute("aria-label", title);
    this.node = element("figure", {}, element("figcaption", {}, element("strong", {}, title), this.summary),
                        element("div", {class: "canvas"}, this.canvas), details);
    this.options = {type, xLabel, yLabel, stacked, logarithmic, linear};
    this.labels = [];
    this.data = series.map(() => []);
  }

  // What Chart.js draws, in the colors of the moment.
  config() {
    const {type, xLabel, yLabel, stacked, logarithmic, linear} = this.options;
    const faint = color("faint");
    const axis = (title, more) => (
        {...more, title: {display: true, text: title, color: faint}, ticks: {...more.ticks, color: faint}});
    return {
      type,
      data: {labels: this.labels, datasets: this.series.map((one, index) => {
        const ink = color(one.color);
        return {
          label: one.name, type: one.type, data: this.data[index], order: one.type === "line" ? 0 : 1,
          borderColor: ink, backgroundColor: one.filled ? `${ink}33` : ink,
          borderWidth: one.type === "line" ? 2 : 0, borderDash: one.dashed ? [6, 4] : [],
          pointRadius: one.points ? 2.5 : 0, pointHitRadius: 8, pointBorderWidth: 0,
          fill: one.filled ? "origin" : false, categoryPercentage: 1, barPercentage: 0.9,
        };
      })},
      options: {
        animation: false,
        maintainAspectRatio: false,
        interaction: {mode: linear ? "nearest" : "index", intersect: false},
        plugins: {legend: {position: "bottom", labels: {
          usePointStyle: true, color: color("ink"), generateLabels: (chart) => this.legend(chart)}}},
        scales: {
          x: {...axis(xLabel, linear ? {type: "linear"}
                                     : {stacked, ticks: {maxRotation: 0, autoSkipPadding: 16}}),
              grid: {display: false}},
          y: {...axis(yLabel, logarithmic ? {type: "logarithmic", ticks: {callback: logarithmicTick}}
                                          : {beginAtZero: true, stacked}),
              grid: {color: color("line")}},
        },
      },
    };
  }

  // Lines as lines, dashed ones too, and bars as squares.
  legend(chart) {
    return this.series.map((one, index) => {
      const ink = color(one.color);
      return {
        text: one.name, fontColor: color("ink"), fillStyle: ink, strokeStyle: ink, datasetIndex: index,
        pointStyle: one.type === "line" ? "line" : "rect", lineWidth: one.type === "line" ? 2 : 0,
        lineDash: one.dashed ? [4, 3] : [], hidden: !chart.isDatasetVisible(index),
      };
    });
  }

  // To be called once the figure is part of the page.
  draw() {
    charts.add(this);
    this.chart = new Chart(this.canvas, this.config());
  }

  // Draws anew, in other colors.
  redraw() {
    this.chart.destroy();
    this.draw();
  }

  remove() {
    charts.delete(this);
    this.chart?.destroy();
  }

  // Data of each series, a sentence, and rows of the table, which are arrays of texts.
  update(labels, data, summary, rows) {
    const key = JSON.stringify([labels, data]);
    setText(this.summary, summary);
    this.canvas.setAttribute("aria-label", `${this.title}. ${summary}`);
    if (key === this.key) return;
    this.key = key;
    this.labels = labels;
    this.data = data;
    this.chart.data.labels = labels;
    data.forEach((values, index) => {
      this.chart.data.datasets[index].data = values;
    });
    this.chart.update("none");
    this.table.update(rows.map((cells) => ({cells})));
  }
}

const SVG = "http://www.w3.org/2000/svg";

// A line without axes, beside a number that says the same.
export function sparkline(values) {
  const most = Math.max(1, ...values);
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", `0 0 ${values.length - 1} 10`);
  picture.setAttribute("preserveAspectRatio", "none");
  picture.setAttribute("class", "spark");
  picture.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "polyline");
  line.setAttribute("points", values.map((value, x) => `${x},${9.5 - 9 * value / most}`).join(" "));
  picture.append(line);
  return picture;
}
