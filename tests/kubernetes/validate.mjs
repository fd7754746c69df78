// Checks Kubernetes resources against the API's schema: with the validators of the package
// kubernetes-models, which are generated from Kubernetes' OpenAPI description, and, as these let
// unknown fields pass, with the TypeScript compiler and the package's types, which do not.
//
// usage: node validate.mjs FOLDER FILE...
//
// FOLDER has the node_modules with kubernetes-models, @kubernetes-models/prometheus-operator,
// typescript and yaml. FILEs are what `kubectl kustomize` writes. Prints each error; exits 1 on any.

import {existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {basename, join} from 'node:path';
import {pathToFileURL} from 'node:url';

const [folder, ...files] = process.argv.slice(2);
const require = createRequire(join(folder, 'package.json'));
const ts = require('typescript');
const yaml = require('yaml');

// The module of a kind: "kubernetes-models/apps/v1/Deployment".
function moduleOf(resource) {
  const path = `${resource.apiVersion}/${resource.kind}`;
  return ['kubernetes-models', '@kubernetes-models/prometheus-operator']
      .map((name) => `${name}/${path}`)
      .find((name) => existsSync(join(folder, 'node_modules', `${name}.js`)));
}

async function errorsOfModel(name, resource) {
  const module = await import(pathToFileURL(join(folder, 'node_modules', `${name}.js`)));
  try {
    new module[resource.kind](resource).validate();
    return [];
  } catch (error) {
    return [error.message];
  }
}

function errorsOfTypes(sources) {
  const program = ts.createProgram(sources, {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    noEmit: true,
    skipLibCheck: true,
    strict: true,
    target: ts.ScriptTarget.ES2022,
    types: [],
  });
  return ts.getPreEmitDiagnostics(program).map((diagnostic) => {
    const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n');
    return diagnostic.file ? `${basename(diagnostic.file.fileName)}: ${text}` : text;
  });
}

const typed = join(folder, 'typed');
rmSync(typed, {recursive: true, force: true});
mkdirSync(typed);
const errors = [];
const sources = [];
for (const file of files) {
  for (const document of yaml.parseAllDocuments(readFileSync(file, 'utf8'))) {
    const resource = document.toJS();
    const label = `${basename(file, '.yaml')} ${resource.kind} ${resource.metadata.name}`;
    const module = moduleOf(resource);
    if (module === undefined) {
      errors.push(`${label}: there is no ${resource.kind} in ${resource.apiVersion}`);
      continue;
    }
    errors.push(...(await errorsOfModel(module, resource)).map((error) => `${label}: ${error}`));
    const source = join(typed, `${label.replaceAll(' ', '-')}.mts`);
    writeFileSync(source, `import type {I${resource.kind}} from '${module}';\n` +
        `export const resource: I${resource.kind} = ${JSON.stringify(resource, null, 1)};\n`);
    sources.push(source);
  }
}
errors.push(...errorsOfTypes(sources));
errors.forEach((error) => console.error(error));
console.log(`${sources.length} resources, ${errors.length} errors`);
process.exit(errors.length === 0 && sources.length > 0 ? 0 : 1);
