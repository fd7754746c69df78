// Calls of grpc-js that end in every way: finished, cancelled, and with the connection cut.
//
// usage: node node_client.mjs FOLDER ADDRESS SERVICES CASES
//
// FOLDER has the node_modules with @grpc/grpc-js and @grpc/proto-loader, ADDRESS is the server's,
// SERVICES a file with the FileDescriptorSet of its services, CASES the folder of cases.json and
// table.json. Prints how many calls it has made.

import {readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import net from 'node:net';
import {join} from 'node:path';

const [folder, address, description, caseFolder] = process.argv.slice(2);
const require = createRequire(join(folder, 'package.json'));
const grpc = require('@grpc/grpc-js');
const loader = require('@grpc/proto-loader');

const cases = JSON.parse(readFileSync(join(caseFolder, 'cases.json'), 'utf8'));
const table = readFileSync(join(caseFolder, 'table.json'), 'utf8');
const definitions = loader.loadFileDescriptorSetFromBuffer(readFileSync(description), {keepCase: true});
const health = 'grpc.health.v1.Health/Check';
const limitMilliseconds = 60000;  // for what should happen at once
let names = 0;

function fail(message) {
  throw new Error(message);
}

// The requests of a case with the name of a model and with their tables.
function fill(requests, model) {
  // The server reads a large table on another thread.
  return JSON.parse(JSON.stringify(requests).replaceAll('MODEL', model)
      .replaceAll('"LARGE TABLE"', table.replace('PADDING', 'x'.repeat(200000)))
      .replaceAll('"TABLE"', table));
}

// All methods, by the keys of the cases, which are their names and what may follow them. Fails where one
// has no case.
function makeMethods() {
  const methods = {};
  const tried = new Set(Object.keys(cases).map((key) => key.split(' ')[0]));
  for (const [service, definition] of Object.entries(definitions)) {
    if ('format' in definition) continue;  // a message or an enumeration
    for (const [method, {path, requestSerialize, responseDeserialize}] of Object.entries(definition)) {
      const name = `${service}/${method}`;
      if (!tried.delete(name)) fail(`cases.json lacks ${name}`);
      for (const key of Object.keys(cases).filter((key) => key.split(' ')[0] === name)) {
        methods[key] = {
          ...cases[key],
          count: cases[key].requests.length,
          requests: (model) => fill(cases[key].requests, model),
          open: (client) => client.makeBidiStreamRequest(
              path, requestSerialize, responseDeserialize, new grpc.Metadata(),
              // A call that lasts until the server ends has all the time of the test.
              cases[key].ends === 'with the server' ? {} : {deadline: Date.now() + limitMilliseconds}),
        };
      }
    }
  }
  if (tried.size > 0) fail(`the server does not have ${[...tried]}`);
  return methods;
}
const methods = makeMethods();

const connect = (to) => new grpc.Client(
    to, grpc.credentials.createInsecure(), {'grpc.use_local_subchannel_pool': 1});

// What becomes of a call: its responses, and its status at the end.
function watch(call) {
  const responses = [];
  let firstResponse;
  const first = new Promise((resolve) => firstResponse = resolve);
  call.on('data', (response) => firstResponse(responses.push(response)));
  call.on('error', () => {});  // the status tells
  const status = new Promise((resolve) => call.on('status', resolve));
  return {first, status: status.finally(firstResponse), responses};
}

const write = (call, request) => new Promise((resolve) => call.write(request, resolve));

async function finish(client, method, model) {
  const call = method.open(client);
  const {status, responses} = watch(call);
  for (const request of method.requests(model)) await write(call, request);
  call.end();
  return {...await status, responses};
}

async function callFor(model, name) {
  const client = connect(address);
  await finish(client, methods[name], model);
  client.close();
}

const train = (model, name = 'advae.v1.AnomalyDetector/Train') => callFor(model, name);

async function modelFor({versions = 0, deleted = false}) {
  const model = `n${names++}`;
  for (let i = 0; i < versions; ++i) await train(model);
  if (deleted) await callFor(model, 'advae.v1.ModelRegistry/DeleteModel');
  return model;
}

async function expectHealth() {
  const client = connect(address);
  const {code, responses} = await finish(client, methods[health], '');
  if (code !== grpc.status.OK || responses.length !== 1) fail(`the server is not well: ${code}`);
  client.close();
}

// A way to the server over which connections can be cut.
async function makeLine() {
  const [host, port] = address.split(':');
  const ends = [];
  const listener = net.createServer((client) => {
    const server = net.connect(Number(port), host);
    ends.push(client, server);
    for (const [source, sink] of [[client, server], [server, client]]) {
      source.on('error', () => {}).on('close', () => sink.destroy()).pipe(sink);
    }
  });
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${listener.address().port}`,
    cut: () => {
      listener.close();
      ends.forEach((end) => end.resetAndDestroy());
    },
  };
}

// How far a call gets: messages sent, whether it was half-closed then, and whether the client has waited
// for a response.
function* stages({count, responds}) {
  for (let messages = 0; messages <= count; ++messages) yield {messages};
  yield {messages: count, halfClose: true};
  if (responds === 'to each request') yield {messages: 1, response: true};
  if (responds) yield {messages: count, halfClose: true, response: true};
}

// Makes a call as far as `stage`, and then cancels it, or cuts its connection.
async function breakOff(method, {messages, halfClose, response}, cut) {
  // A training of this name does not end by itself.
  const model = method.trains ? `started-n${names++}` : await modelFor(method);
  const line = await makeLine();
  const client = connect(line.address);
  const call = method.open(client);
  const {first, status} = watch(call);
  for (const request of method.requests(model).slice(0, messages)) await write(call, request);
  if (halfClose) call.end();
  if (response) await first;
  // Answered after what the connection has brought before.
  await finish(client, methods[health], '');
  if (cut) {
    line.cut();
  } else {
    call.cancel();
  }
  await status;
  client.close();
  if (!cut) line.cut();
}

async function main() {
  await train('pump');
  await train('table', 'advae.v1.AnomalyDetector/Train on a table');
  let calls = 0;
  const lasting = [];
  for (const [name, method] of Object.entries(methods)) {
    const model = await modelFor(method);
    if (method.ends === 'with the server') {
      const call = method.open(connect(address));
      const {first} = watch(call);
      await write(call, method.requests(model)[0]);
      call.end();
      await first;
      lasting.push(call);
    } else {
      const client = connect(address);
      const {code, details, responses} = await finish(client, method, model);
      const expected = grpc.status[method.code ?? 'OK'];
      if (code !== expected) fail(`${name}: ${code} ${details}`);
      if ((responses.length > 0) !== (expected === grpc.status.OK)) fail(`${name} gave ${responses}`);
      const {statuses} = responses.at(-1) ?? {};
      if (`${method.statuses ?? statuses}` !== `${statuses}`) fail(`${name}: ${statuses}`);
      client.close();
    }
    await expectHealth();
    ++calls;
    for (const stage of stages(method)) {
      for (const cut of [false, true]) {
        await breakOff(method, stage, cut);
        await expectHealth();
        ++calls;
      }
    }
  }
  console.log(calls);
  // Goes with the calls open that last.
  process.exit(0);
}

await main();
