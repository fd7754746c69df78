// Draws the content of a report (report_page.cc) with Chart.js.
"use strict";

const COLORS = ["#1f6fb4", "#d4562a", "#2e8b57", "#8456b0", "#b8860b", "#4a5666", "#c2417e",
                "#1b9aaa", "#7a8b1f", "#93522c", "#5c6bc0", "#e08e0b", "#00796b", "#ad1457"];

// A table with more columns takes the whole width of the page.
const WIDE_COLUMNS = 4;

function element(name, text = "", className = "") {
  const node = document.createElement(name);
  node.textContent = text;
  node.className = className;
  return node;
}

function drawTable(table) {
  const node = element("table");
  const head = node.createTHead().insertRow();
  for (const column of table.columns) head.append(element("th", column));
  const body = node.createTBody();
  for (const cells of table.rows) {
    const row = body.insertRow();
    for (const cell of cells) row.append(element("td", cell));
  }
  const box = element("div", "", table.columns.length > WIDE_COLUMNS ? "wide table" : "table");
  box.append(node);
  return box;
}

function axis(title, more) {
  return {title: {display: true, text: title}, ...more};
}

function lineDataset(line, index) {
  const color = COLORS[index % COLORS.length];
  return {
    label: line.name,
    data: line.points.map(([x, y]) => ({x, y})),
    showLine: true,
    borderColor: color,
    backgroundColor: color + "33",
    borderWidth: 1.5,
    borderDash: line.dashed ? [6, 4] : [],
    pointRadius: line.points.length === 1 ? 5 : 0,
    clip: line.points.length === 1 ? false : undefined,  // a dot on the edge is drawn whole
    fill: line.filled ? "origin" : false,
    stepped: line.steps ? "before" : false,
  };
}

// What a logarithmic axis can show; null, which interrupts a line, stays.
function shown(chart, [x, y]) {
  return (!chart.logarithmicX || x > 0) && (!chart.logarithmicY || y === null || y > 0);
}

// 1, 2 and 5 times the powers of ten.
function logarithmicTick(value) {
  const leading = Math.round(value / 10 ** Math.floor(Math.log10(value) + 1e-9));
  return [1, 2, 5].includes(leading) ? String(Number(value.toPrecision(3))) : null;
}

function scale(title, logarithmic, min, max) {
  const bounds = {...(min !== null && {min}), ...(max !== null && {max})};
  if (!logarithmic) return axis(title, {type: "linear", ...bounds});
  const ticks = {callback: logarithmicTick, maxRotation: 0, autoSkipPadding: 8};
  return axis(title, {type: "logarithmic", ...bounds, ticks});
}

function lineChart(chart) {
  const lines = chart.lines.map((line) => (
      {...line, points: line.points.filter((point) => shown(chart, point))}));
  return {
    type: "scatter",
    data: {datasets: lines.map(lineDataset)},
    options: {
      interaction: {mode: "nearest", intersect: false},
      scales: {
        x: scale(chart.xLabel, chart.logarithmicX, chart.xMin, chart.xMax),
        y: scale(chart.yLabel, chart.logarithmicY, null, chart.yMax),
      },
    },
  };
}

function barChart(chart) {
  return {
    type: "bar",
    data: {
      labels: chart.groups,
      datasets: chart.series.map((series, index) => ({
        label: series.name,
        data: series.values,
        backgroundColor: COLORS[index % COLORS.length],
      })),
    },
    options: {scales: {y: axis(chart.yLabel, {beginAtZero: true})}},
  };
}

function drawChart(chart, config) {
  const figure = element("figure");
  const canvas = element("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", chart.title);
  figure.append(canvas);
  config.options = {
    ...config.options,
    animation: false,
    maintainAspectRatio: false,
    plugins: {
      title: {display: true, text: chart.title},
      legend: {position: "bottom", labels: {boxWidth: 24, boxHeight: 2}},
    },
  };
  // Chart.js measures the canvas, which must be part of the page by then.
  return {figure, draw: () => new Chart(canvas, config)};
}

function drawReport(content) {
  const main = document.getElementById("report");
  main.append(element("h1", content.title), element("p", content.summary));
  const charts = [];
  for (const {heading, text, blocks} of content.sections) {
    const section = element("section");
    if (heading) section.append(element("h2", heading));
    if (text) section.append(element("p", text));
    const box = element("div", "", "blocks");
    for (const block of blocks) {
      if (block.kind === "table") {
        box.append(drawTable(block));
      } else {
        charts.push(drawChart(block, block.kind === "bars" ? barChart(block) : lineChart(block)));
        box.append(charts.at(-1).figure);
      }
    }
    section.append(box);
    main.append(section);
  }
  for (const chart of charts) chart.draw();
}

drawReport(JSON.parse(document.getElementById("content").textContent));
