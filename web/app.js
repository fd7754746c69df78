// Shows the view that the address names, and asks the server anew every few seconds.

import {ask, NotFound, setToken, Unauthenticated} from "./api.js";
import {element, setText} from "./dom.js";
import {time} from "./format.js";
import {ModelView} from "./model.js";
import {Overview} from "./overview.js";

const INTERVAL_MILLISECONDS = 5000;
const at = (id) => document.getElementById(id);

let view;
let timer;
let lostSince;

function viewOf(hash) {
  const [kind, name] = hash.replace(/^#\//, "").split("/");
  if (kind === "models" && name) {
    try {
      return new ModelView(decodeURIComponent(name));
    } catch {
      return new Overview();  // a broken address
    }
  }
  return new Overview();
}

function show(moveFocus) {
  view?.remove();
  view = viewOf(location.hash);
  document.title = `${view.title} – advae`;
  at("main").replaceChildren(view.node);
  // Nothing is shown before there is something to show.
  view.node.hidden = true;
  if (moveFocus) {
    at("main").focus({preventScroll: true});
    scrollTo(0, 0);
  }
  refresh();
}

function noteState(light, text) {
  at("light").className = light;
  setText(at("state"), text);
}

function noteSuccess() {
  lostSince = undefined;
  noteState("live", "Live");
  setText(at("updated"), `updated ${time(Date.now())}`);
}

async function noteFailure(error) {
  if (error instanceof Unauthenticated) {
    noteState("lost", "A token is needed");
    setText(at("sign-in-text"), `${error.message}. The token is kept until the tab is closed.`);
    if (!at("sign-in").open) at("sign-in").showModal();
    return;
  }
  if (error instanceof NotFound) {
    noteState("live", "Live");
    const missing = element("p", {}, `${error.message}. `, element("a", {href: "#/"}, "All models"));
    if (view.node.hidden) at("main").replaceChildren(missing);
    else setText(at("state"), `Not there any more: ${error.message}`);
    return;
  }
  lostSince ??= Date.now();
  const unreachable = error instanceof TypeError || error.name === "TimeoutError";
  noteState("lost", unreachable ? `Not reachable since ${time(lostSince)}: these are the last data` : error.message);
}

async function refresh() {
  clearTimeout(timer);
  const shown = view;
  try {
    const data = await shown.load();
    if (shown !== view) return;
    if (shown.node.hidden) {
      shown.node.hidden = false;
      shown.draw();
    }
    shown.update(data);
    noteSuccess();
  } catch (error) {
    if (shown !== view) return;
    noteFailure(error);
  }
  clearTimeout(timer);
  timer = setTimeout(refresh, INTERVAL_MILLISECONDS);
}

async function nameServer() {
  try {
    const {name, version} = await ask("v2");
    setText(at("server"), `${name === "advae" ? "" : name} ${version} at ${location.host}`.trim());
  } catch {
    setText(at("server"), location.host);
  }
}

addEventListener("hashchange", () => {
  if (location.hash !== "#main") show(true);
});
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();  // the address is the view's
  at("main").focus();
});
// A page that nobody sees asks for nothing.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) clearTimeout(timer);
  else refresh();
});
at("sign-in").addEventListener("close", () => {
  if (at("token").value) setToken(at("token").value);
  at("token").value = "";
  nameServer();
  refresh();
});

show(false);
nameServer();
