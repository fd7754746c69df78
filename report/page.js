// Draws the content of a report (report_page.cc) with Chart.js.
"use strict";

const COLORS = ["#1f6fb4", "#d4562a", "#2e8b57", "#8456b0", "#b8860b", "#4a5666", "#c2417e",
                "#1b9aaa", "#7a8b1f", "#93522c", "#5c6bc0", "#e08e0b", "#00796b", "#ad1457"];

// A table with more columns takes the whole width of the page.
const WIDE_COLUMNS = 4;
// Rows of a table from which on it can be sorted.
const SORTABLE_ROWS = 4;
// Dots up to this number are large.
const LARGE_DOTS = 100;
// Points of a line that its table has; of longer lines it has some, evenly spread.
const TABLE_POINTS = 40;

function element(name, text = "", className = "") {
  const node = document.createElement(name);
  node.textContent = text;
  node.className = className;
  return node;
}

// A cell as a number where all of it is one, such as "1,234", "2.5e-3" or "7 %"; NaN otherwise.
function numberOf(text) {
  const plain = text.replace(/(\d),(?=\d{3}\b)/g, "$1").replace(/\s*%$/, "");
  return plain.trim() === "" ? NaN : Number(plain);
}

// Numbers by their size and before texts.
function compareCells(one, other) {
  const [a, b] = [numberOf(one), numberOf(other)];
  if (Number.isNaN(a) && Number.isNaN(b)) return one.localeCompare(other);
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) ? 1 : -1;
  return a - b;
}

// Sorts the rows by a column: downwards the first time, then the other way round.
function sortRows(table, column) {
  const heads = [...table.tHead.rows[0].cells];
  const ascending = heads[column].getAttribute("aria-sort") === "descending";
  for (const head of heads) head.removeAttribute("aria-sort");
  heads[column].setAttribute("aria-sort", ascending ? "ascending" : "descending");
  const body = table.tBodies[0];
  const text = (row) => row.cells[column].textContent;
  const rows = [...body.rows].sort((a, b) => compareCells(text(a), text(b)));
  body.append(...(ascending ? rows : rows.reverse()));
}

function drawTable(table) {
  const node = element("table");
  const head = node.createTHead().insertRow();
  table.columns.forEach((column, index) => {
    const cell = element("th");
    cell.scope = "col";
    if (table.rows.length >= SORTABLE_ROWS && column !== "") {
      const button = element("button", column);
      button.type = "button";
      button.addEventListener("click", () => sortRows(node, index));
      cell.append(button);
    } else {
      cell.textContent = column;
    }
    head.append(cell);
  });
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

function radiusOf(line) {
  if (line.points.length === 1) return 5;
  if (!line.dots) return 0;
  return line.points.length > LARGE_DOTS ? 1.5 : 4;
}

function lineDataset(line, index) {
  const color = COLORS[index % COLORS.length];
  return {
    label: line.name,
    data: line.points.map(([x, y]) => ({x, y})),
    showLine: !line.dots,
    borderColor: color,
    backgroundColor: color + "33",
    borderWidth: 1.5,
    borderDash: line.dashed ? [6, 4] : [],
    pointRadius: radiusOf(line),
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
    options: {scales: {x: {}, y: axis(chart.yLabel, {beginAtZero: true})}},
  };
}

// Of a line with many points, some, the first and the last among them.
function spread(points) {
  if (points.length <= TABLE_POINTS) return points;
  return Array.from({length: TABLE_POINTS},
                    (_, i) => points[Math.round(i * (points.length - 1) / (TABLE_POINTS - 1))]);
}

function figure(value) {
  return value === null ? "" : String(Number(value.toPrecision(4)));
}

// What a chart shows, as a table.
function tableOf(chart) {
  if (chart.kind === "bars") {
    return {columns: ["", ...chart.series.map(({name}) => name)],
            rows: chart.groups.map((group, index) => [
              group, ...chart.series.map(({values}) => figure(values[index] ?? null))])};
  }
  return {columns: ["Line", chart.xLabel, chart.yLabel],
          rows: chart.lines.flatMap(({name, points}) => (
              spread(points).map(([x, y]) => [name, figure(x), figure(y)])))};
}

function colorOf(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}

function drawChart(chart) {
  const node = element("figure");
  const canvas = element("canvas");
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", chart.title);
  const box = element("div", "", chart.compact ? "small canvas" : "canvas");
  box.append(canvas);
  const details = element("details");
  const summary = element("summary", "As a table");
  summary.setAttribute("aria-label", `As a table: ${chart.title}`);
  details.append(summary);
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(drawTable(tableOf(chart)));
  });
  node.append(box, details);
  let drawn;
  const draw = () => {
    drawn?.destroy();
    const config = chart.kind === "bars" ? barChart(chart) : lineChart(chart);
    for (const axis of Object.values(config.options.scales)) {
      axis.grid = {color: colorOf("line")};
      axis.ticks = {...axis.ticks, color: colorOf("faint")};
      if (axis.title) axis.title.color = colorOf("faint");
    }
    config.options = {
      ...config.options,
      animation: false,
      maintainAspectRatio: false,
      plugins: {
        title: {display: true, text: chart.title, color: colorOf("ink")},
        legend: {position: "bottom", labels: {boxWidth: 24, boxHeight: 2, color: colorOf("ink")}},
      },
    };
    drawn = new Chart(canvas, config);
  };
  // Chart.js measures the canvas, which must be part of the page by then.
  return {figure: node, draw};
}

function drawReport(content) {
  const main = document.getElementById("report");
  main.append(element("h1", content.title), element("p", content.summary));
  const charts = [];
  for (const {heading, text, blocks} of content.sections) {
    const section = element("section");
    if (heading) section.append(element("h2", heading));
    if (text) section.append(element("p", text));
    const small = blocks.length > 0 && blocks.every((block) => block.compact);
    const box = element("div", "", small ? "small blocks" : "blocks");
    for (const block of blocks) {
      if (block.kind === "table") {
        box.append(drawTable(block));
      } else {
        charts.push(drawChart(block));
        box.append(charts.at(-1).figure);
      }
    }
    section.append(box);
    main.append(section);
  }
  const draw = () => {
    for (const chart of charts) chart.draw();
  };
  draw();
  // Pages are dark for those who like them so, and light on paper.
  matchMedia("screen and (prefers-color-scheme: dark)").addEventListener("change", draw);
}

drawReport(JSON.parse(document.getElementById("content").textContent));
