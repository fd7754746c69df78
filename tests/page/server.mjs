// A server with HTTP on free ports, for a test.

import {execFile, spawn} from "node:child_process";
import {mkdtemp, rm} from "node:fs/promises";
import {tmpdir} from "node:os";
import {join} from "node:path";
import {createInterface} from "node:readline";
import {promisify} from "node:util";

const run = promisify(execFile);

export class Server {
  static async start(programs) {
    const server = new Server();
    server.programs = programs;
    server.folder = await mkdtemp(join(tmpdir(), "advae-page-"));
    server.process = spawn(join(programs, "advae-server"), [
      `--repository=${server.folder}/models`, "--listen=127.0.0.1:0", "--metrics_listen=127.0.0.1:0",
      "--http_listen=127.0.0.1:0"], {stdio: ["ignore", "pipe", "pipe"]});
    server.log = "";
    server.process.stderr.on("data", (text) => {
      server.log += text;
    });
    for await (const line of createInterface({input: server.process.stdout})) {
      const [, grpc, http] = /grpc=(\S+) .*http=(\S+)/.exec(line);
      server.grpc = grpc;
      server.url = `http://${http}`;
      break;
    }
    if (server.url === undefined) throw new Error(server.log);
    return server;
  }

  // Runs the command-line client.
  advae(...args) {
    return run(join(this.programs, "advae"), [`--server=${this.grpc}`, ...args], {maxBuffer: 1 << 26});
  }

  // The same, as a process that is not waited for.
  startAdvae(...args) {
    return spawn(join(this.programs, "advae"), [`--server=${this.grpc}`, ...args], {stdio: "ignore"});
  }

  async ask(path, options) {
    const response = await fetch(this.url + path, options);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  async stop() {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill();
    await ended;
    await rm(this.folder, {recursive: true});
  }
}
