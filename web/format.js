// Numbers, times and shares as people read them.

const NONE = "–";
const integers = new Intl.NumberFormat("en", {maximumFractionDigits: 0});
const figures = new Intl.NumberFormat("en", {maximumSignificantDigits: 4});
const scientific = new Intl.NumberFormat("en", {notation: "scientific", maximumSignificantDigits: 4});
const shares = new Intl.NumberFormat("en", {style: "percent", maximumSignificantDigits: 2});
const clock = new Intl.DateTimeFormat("en-GB", {hour: "2-digit", minute: "2-digit"});
const seconds = new Intl.DateTimeFormat("en-GB", {timeStyle: "medium"});
const day = new Intl.DateTimeFormat("en-GB", {dateStyle: "medium", timeStyle: "short"});

export function count(value) {
  return integers.format(value);
}

// Four figures; null and what is no number, as JSON has them, as a dash.
export function figure(value) {
  if (value === null || value === undefined) return NONE;
  const number = Number(value);
  if (Number.isNaN(number)) return String(value);
  const size = Math.abs(number);
  const plain = size === 0 || (size >= 1e-4 && size < 1e7);
  return (plain ? figures : scientific).format(number);
}

export function share(value) {
  return Number.isFinite(value) ? shares.format(value) : NONE;
}

export function duration(value) {
  if (value === null || value === undefined) return NONE;
  if (value >= 100) return `${integers.format(value / 60)} min`;
  if (value >= 1) return `${figures.format(Number(value.toPrecision(2)))} s`;
  if (value >= 1e-3) return `${figures.format(Number((value * 1e3).toPrecision(2)))} ms`;
  return `${integers.format(value * 1e6)} µs`;
}

export function minute(text) {
  return clock.format(new Date(text));
}

export function time(text) {
  return seconds.format(new Date(text));
}

export function date(text) {
  return day.format(new Date(text));
}

// A cell of a row: texts as they are.
export function value(cell) {
  if (cell === null) return "missing";
  return typeof cell === "number" ? figure(cell) : cell;
}
