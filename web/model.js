// What #/models/NAME shows: one model.

import {Alarms} from "./alarms.js";
import {ask, modelPath} from "./api.js";
import {element} from "./dom.js";
import {JobTable} from "./overview.js";
import {Schema} from "./schema.js";
import {Threshold} from "./threshold.js";
import {Traffic} from "./traffic.js";
import {Versions} from "./versions.js";

export class ModelView {
  constructor(model) {
    this.model = model;
    this.title = model;
    this.traffic = new Traffic();
    this.alarms = new Alarms();
    this.threshold = new Threshold(model, (alpha) => this.alarms.setAlpha(alpha));
    this.versions = new Versions();
    this.schema = new Schema();
    this.jobs = new JobTable();
    this.parts = [this.traffic, this.threshold, this.alarms, this.versions, this.schema];
    this.node = element("div", {},
                        element("nav", {"aria-label": "Way back"}, element("a", {href: "#/"}, "All models")),
                        element("h1", {}, model), this.jobs.node, this.traffic.list,
                        ...this.parts.map((part) => part.node));
  }

  // Full metadata may be large: it is asked for only when the summary is another one.
  async load() {
    const [list, history, alarms, jobs] = await Promise.all([
      ask("v1/models"), ask(modelPath(this.model, "/history")), ask(modelPath(this.model, "/alarms?limit=50")),
      ask("v1/jobs")]);
    const summary = list.models.find((one) => one.model === this.model);
    const key = JSON.stringify(summary);
    if (key !== this.key) {
      this.details = await ask(modelPath(this.model));
      this.key = key;
    }
    return {model: this.details, history, alarms, jobs: jobs.jobs.filter((job) => job.model === this.model)};
  }

  update(data) {
    this.jobs.node.hidden = data.jobs.length === 0;
    this.jobs.update(data.jobs);
    for (const part of this.parts) part.update(data);
  }

  // Charts measure themselves, so that they must be part of the page.
  draw() {
    for (const chart of [...this.traffic.charts, this.threshold.chart]) chart.draw();
  }

  remove() {
    for (const chart of [...this.traffic.charts, this.threshold.chart]) chart.remove();
  }
}
