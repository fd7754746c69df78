// The page of the HTTP port, used in Chromium with mouse, keyboard and a telephone's screen.
//
// usage: node page_test.mjs FOLDER_OF_PACKAGES FOLDER_OF_PROGRAMS

import assert from "node:assert/strict";
import {readFile, writeFile} from "node:fs/promises";
import {createRequire} from "node:module";
import {dirname, join} from "node:path";
import {fileURLToPath} from "node:url";

import {Server} from "./server.mjs";

const [packages, programs] = process.argv.slice(2);
const require = createRequire(join(packages, "package.json"));
const {chromium} = require("playwright-core");
const axe = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");

const LIMIT_MILLISECONDS = 30_000;
const FLOWS = join(dirname(fileURLToPath(import.meta.url)), "../../examples/network_flows");
const HOSTILE = "<img src=x onerror=\"document.title='broken'\">";
const PHONE = {width: 360, height: 740};
const DESK = {width: 1280, height: 900};

let browser;
let server;

// A tab that fails the test when anything goes wrong in it or is asked for elsewhere.
async function open(hash = "", {viewport = DESK, ...options} = {}) {
  const context = await browser.newContext({viewport, ...options});
  const page = await context.newPage();
  page.setDefaultTimeout(LIMIT_MILLISECONDS);
  page.problems = [];
  page.expected = /^$/;  // problems that a test causes itself
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) page.problems.push(message.text());
  });
  page.on("pageerror", (error) => page.problems.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(`${server.url}/`)) page.problems.push(`asks for ${request.url()}`);
  });
  await page.goto(`${server.url}/${hash}`);
  await page.locator("main h1, main p").first().waitFor();
  return page;
}

async function close(page) {
  assert.deepEqual(page.problems.filter((problem) => !page.expected.test(problem)), []);
  await page.context().close();
}

// As the page writes numbers of rows.
function count(number) {
  return number.toLocaleString("en");
}

async function hasText(locator, text) {
  await locator.filter({hasText: text}).first().waitFor();
}

// Rules of WCAG 2.2 and good practice that axe-core can check.
async function checkAccessibility(page) {
  const {violations} = await page.evaluate(`${axe}; axe.run()`);
  assert.deepEqual(violations.map(({id, nodes}) => [id, nodes.map((node) => node.html)]), []);
}

async function checkWidth(page) {
  const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(overflow, 0);
}

// Share of a chart's pixels that are drawn on.
function inkOf(canvas) {
  return canvas.evaluate((node) => {
    const {data} = node.getContext("2d").getImageData(0, 0, node.width, node.height);
    let inked = 0;
    for (let i = 3; i < data.length; i += 4) inked += data[i] > 0;
    return 4 * inked / data.length;
  });
}

const tests = {
  async "without models, it says how to make one"() {
    const page = await open();
    await hasText(page.locator("main"), "There are no models yet");
    await hasText(page.locator("#state"), "Live");
    await checkAccessibility(page);
    await close(page);
    await fill();
  },

  async "lists the models with their last hour"() {
    const page = await open();
    const {models} = await server.ask("/v1/history");
    const flows = models.find(({model}) => model === "flows");
    const row = page.locator("tr", {hasText: "flows"});
    await hasText(row, `${count(flows.alarms)} (`);
    await hasText(row, count(flows.rows));
    const card = page.locator(".scroll").first();
    assert.equal(await card.evaluate((node) => node.scrollWidth - node.clientWidth), 0);
    await hasText(page.locator("main"), "No training or import is running.");
    await page.getByRole("link", {name: "flows"}).click();
    await page.getByRole("heading", {level: 1, name: "flows"}).waitFor();
    assert.equal(await page.title(), "flows – advae");
    await page.goBack();
    await page.getByRole("heading", {level: 1, name: "Models"}).waitFor();
    await close(page);
  },

  async "shows a model's charts, with the same in words and in tables"() {
    const page = await open("#/models/flows");
    const {total} = await server.ask("/v1/models/flows/history");
    const charts = page.locator("canvas");
    assert.equal(await charts.count(), 5);
    const chart = page.getByRole("img", {name: "Rows by minute."});
    assert.match(await chart.getAttribute("aria-label"), new RegExp(`${count(total.alarms)} of them alarms`));
    await hasText(page.locator("figcaption"), "At alpha 5%, rows with a score of");
    for (const canvas of await charts.all()) assert.ok(await inkOf(canvas) > 0.01);
    await page.getByText("As a table: P-values").click();
    const table = page.getByRole("table", {name: "P-values"});
    assert.equal(await table.locator("tbody tr").count(), 20);
    const counts = await table.locator("tbody td:nth-child(2)").allTextContents();
    assert.equal(counts.reduce((sum, text) => sum + Number(text.replaceAll(",", "")), 0), total.rows);
    await close(page);
  },

  async "shows alarms with columns and expected values, as text"() {
    const page = await open("#/models/flows");
    const rows = page.locator("section", {hasText: "Latest odd rows"}).locator("tbody tr");
    await hasText(rows.first(), "flow_id <b>bold</b>");
    await hasText(rows.first(), `service ${HOSTILE}, expected`);
    assert.equal(await page.locator("main img, main b").count(), 0);
    assert.equal(await rows.count(), 10);
    await page.getByRole("button", {name: /Show all/}).click();
    assert.ok(await rows.count() > 10);
    assert.notEqual(await page.title(), "broken");
    await close(page);
  },

  async "the slider tells what another alpha would have alarmed on"() {
    const page = await open("#/models/flows");
    const slider = page.getByRole("slider", {name: "Alpha"});
    const effect = page.locator("#alpha-effect");
    const {total, p_values: {edges, counts}} = await server.ask("/v1/models/flows/history");
    const alarmsAt = (alpha) => counts.reduce((sum, rows, i) => sum + (edges[i] <= alpha ? rows : 0), 0);
    assert.equal(await slider.getAttribute("aria-valuetext"), "alpha 5%");
    await hasText(effect, `on ${count(alarmsAt(0.05))} of ${count(total.rows)} rows`);
    const listed = page.getByText("of these");
    const before = await listed.textContent();

    await slider.focus();
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    assert.equal(await slider.getAttribute("aria-valuetext"), "alpha 3%");
    const {threshold} = await server.ask("/v1/models/flows/threshold?alpha=0.03");
    await hasText(effect, `threshold ${Number(threshold.toPrecision(4))}`);
    await hasText(effect, `on ${count(alarmsAt(0.03))} of`);
    assert.notEqual(await listed.textContent(), before);
    await page.keyboard.press("Home");
    assert.equal(await slider.getAttribute("aria-valuetext"), "alpha 0.01%");
    await page.getByRole("button", {name: "Back to the serving alpha"}).click();
    assert.equal(await slider.getAttribute("aria-valuetext"), "alpha 5%");
    // Nothing has changed.
    const {models} = await server.ask("/v1/models");
    assert.equal(models.find(({model}) => model === "flows").threshold.alpha, 0.05);
    await close(page);
  },

  async "shows versions side by side, and the schema"() {
    const page = await open("#/models/flows");
    const versions = page.locator("section", {hasText: "Training rows' fingerprint"});
    await hasText(versions.locator("thead"), "Version 2, serving");
    await hasText(versions.locator("thead"), "Version 1");
    await hasText(versions.locator("tr.differs"), "Seed");
    await page.getByLabel("Another").selectOption("2");
    await hasText(versions.locator("caption"), "The one version");
    const schema = page.locator("section", {hasText: "The schema of version"});
    await hasText(schema.locator("tr", {hasText: "flow_id"}), "key");
    await hasText(schema.locator("tr", {hasText: "protocol"}), "3 categories: tcp, udp, icmp");
    await close(page);
    const numbers = await open("#/models/pump");
    await hasText(numbers.locator("main"), "x0");
    await close(numbers);
  },

  async "shows trainings with their progress"() {
    const page = await open();
    const training = server.startAdvae("train", "pump", `--data=${server.folder}/pump.csv`, "--epochs=1000000");
    const ended = new Promise((resolve) => training.once("exit", resolve));
    const row = page.locator("section", {hasText: "Jobs"}).locator("tbody tr");
    await hasText(row, /pump.*training.*running.*epoch [\d,]+ of [\d,]+/s);
    assert.ok(await page.getByRole("progressbar").count() > 0);
    await checkAccessibility(page);
    training.kill("SIGINT");
    await ended;
    await hasText(page.locator("main"), "No training or import is running.");
    await close(page);
  },

  async "works with the keyboard alone"() {
    const page = await open();
    await page.getByRole("link", {name: "flows"}).waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "flows");
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.equal(outline, "solid");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", {level: 1, name: "flows"}).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
    // New data take nobody's place away.
    await page.getByRole("slider").focus();
    await page.waitForResponse(/history$/);
    assert.equal(await page.evaluate(() => document.activeElement.id), "alpha");
    await close(page);
  },

  async "light and dark, wide and narrow, it keeps the rules of accessibility"() {
    const grounds = new Set();
    for (const colorScheme of ["light", "dark"]) {
      for (const viewport of [DESK, PHONE]) {
        for (const hash of ["", "#/models/flows", "#/models/pump"]) {
          const page = await open(hash, {viewport, colorScheme, reducedMotion: "reduce"});
          await hasText(page.locator("#state"), "Live");
          await checkAccessibility(page);
          await checkWidth(page);
          grounds.add(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
          await close(page);
        }
      }
    }
    assert.equal(grounds.size, 2);
  },

  async "says when the server cannot be reached, and keeps the last data"() {
    const page = await open();
    page.expected = /ERR_FAILED/;
    await page.getByRole("link", {name: "flows"}).waitFor();
    await page.route("**/v1/**", (route) => route.abort());
    await hasText(page.locator("#state"), "Not reachable since");
    assert.equal(await page.getByRole("link", {name: "flows"}).count(), 1);
    await page.unroute("**/v1/**");
    await hasText(page.locator("#state"), "Live");
    await close(page);
  },

  async "asks for a token where the server does, and keeps it for the tab"() {
    const page = await open();
    page.expected = /status of 401/;
    await page.route(/\/v[12]\b/, (route) => (route.request().headers().authorization === "Bearer s3cret"
        ? route.continue()
        : route.fulfill({status: 401, contentType: "application/json", body: "{\"error\": \"no token\"}"})));
    await page.reload();
    await page.getByRole("dialog", {name: "Token"}).waitFor();
    await hasText(page.getByRole("dialog"), "no token");
    await checkAccessibility(page);
    await page.getByRole("textbox", {name: "Token"}).fill("s3cret");
    await page.keyboard.press("Enter");
    await page.getByRole("link", {name: "flows"}).waitFor();
    assert.equal(await page.evaluate(() => localStorage.length), 0);
    await page.reload();
    await page.getByRole("link", {name: "flows"}).waitFor();
    await close(page);
  },

  async "says that a model is not there"() {
    const page = await open("#/models/none");
    page.expected = /status of 404/;
    await hasText(page.locator("main"), "none");
    await page.locator("main").getByRole("link", {name: "All models"}).click();
    await page.getByRole("link", {name: "flows"}).waitFor();
    await close(page);
  },

  async "files are kept by browsers until they change"() {
    const first = await fetch(`${server.url}/page/app.js`);
    const etag = first.headers.get("etag");
    assert.equal(first.headers.get("cache-control"), "no-cache");
    assert.match(first.headers.get("content-security-policy"), /default-src 'none'; script-src 'self'/);
    assert.equal(first.headers.get("x-content-type-options"), "nosniff");
    const again = await fetch(`${server.url}/page/app.js`, {headers: {"If-None-Match": etag}});
    assert.equal(again.status, 304);
    assert.equal(await again.text(), "");
    const other = await fetch(`${server.url}/page/page.css`, {headers: {"If-None-Match": etag}});
    assert.equal(other.status, 200);
    assert.equal((await fetch(`${server.url}/page/none.js`)).status, 404);
    assert.equal((await fetch(`${server.url}/page/../page/app.js`)).status, 200);
    assert.equal((await fetch(`${server.url}/`, {method: "POST"})).status, 404);
  },
};

// The models "flows", with two versions and odd rows, and "pump", of a few numbers.
async function fill() {
  const train = ["train", "flows", `--data=${FLOWS}/train.csv`, "--key=flow_id", "--alpha=0.05", "--epochs=5"];
  await server.advae(...train);
  await server.advae(...train, "--seed=2");
  const lines = Array.from({length: 200}, (_, i) => `${Math.sin(i)},${Math.cos(3 * i)}`);
  await writeFile(`${server.folder}/pump.csv`, `x0,x1\n${lines.join("\n")}\n`);
  await server.advae("train", "pump", `--data=${server.folder}/pump.csv`, "--epochs=5");
  const score = (model, rows) => server.ask(`/v1/models/${model}:score`, {
    method: "POST", body: JSON.stringify({rows}),
  });
  const text = await readFile(`${FLOWS}/test.csv`, "utf8");
  const number = (cell) => (Number.isFinite(Number.parseFloat(cell)) ? Number(cell) : null);
  const flows = text.split("\n").slice(1, 400).map((line) => {
    const [id, start, protocol, service, state, encrypted, duration, ...rest] = line.split(",");
    const [packets, out, back] = rest.map(number);
    return {flow_id: id, start, protocol, service, state, encrypted: encrypted === "yes",
            duration_s: number(duration), packets, bytes_out: out, bytes_in: back};
  });
  // So many rows are kept of a second, the others of later ones.
  for (let kept = 0; kept <= 10;) {
    await score("flows", flows);
    const {alarms, near_alarms} = await server.ask("/v1/models/flows/alarms");
    kept = alarms.length + near_alarms.length;
  }
  const isKept = async () => (await server.ask("/v1/models/flows/alarms")).alarms
      .some(({keys}) => keys.flow_id === "<b>bold</b>");
  while (!await isKept()) {
    await score("flows", [{...flows[0], flow_id: "<b>bold</b>", service: HOSTILE, bytes_out: 1e12}]);
  }
  await score("pump", [{x0: 0, x1: 0.5}, {x0: 9, x1: 9}]);
}

server = await Server.start(programs);
browser = await chromium.launch({executablePath: "/usr/bin/chromium",
                                 args: ["--no-sandbox", "--disable-dev-shm-usage"]});
let failed = false;
try {
  for (const [name, test] of Object.entries(tests)) {
    try {
      await test();
      console.log(`ok: ${name}`);
    } catch (error) {
      failed = true;
      console.log(`FAILED: ${name}\n${error.stack}`);
    }
  }
} finally {
  await browser.close();
  await server.stop();
}
const complaints = server.log.split("\n").filter((line) => / (warning|error) /.test(line));
assert.deepEqual(complaints.filter((line) => !line.includes("possible problem of a version")), []);
process.exitCode = failed ? 1 : 0;
