// Checks a Grafana dashboard against the types of the package @grafana/schema, with the TypeScript
// compiler: the dashboard, and each panel's options and fields against those of its type.
//
// usage: node validate.mjs FOLDER DASHBOARD.json
//
// FOLDER has the node_modules with @grafana/schema and typescript. Prints each error; exits 1 on any.

import {readFileSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';

const [folder, file] = process.argv.slice(2);
const ts = createRequire(join(folder, 'package.json'))('typescript');
const schema = '@grafana/schema/dist/types/raw';

// Panel types and the names of their modules.
const modules = {
  bargauge: 'BarGauge',
  stat: 'Stat',
  table: 'Table',
  timeseries: 'TimeSeries',
};

const dashboard = JSON.parse(readFileSync(file, 'utf8'));
const panels = dashboard.panels.flatMap((panel) => [panel, ...(panel.panels ?? [])]);
const errors = [];
// Each data source has further fields of an annotation, which the schema does not know.
for (const annotation of dashboard.annotations.list) {
  ['target', 'textFormat', 'titleFormat'].forEach((field) => delete annotation[field]);
}
// In JSON, the value of an enumeration stands for its name.
const lines = [
  `import type {Dashboard} from '${schema}/dashboard/x/dashboard_types.gen.d.ts';`,
  'type Plain<T> = T extends string ? `${T}`',
  '    : T extends number ? (`${T}` extends `${infer N extends number}` ? N : never)',
  '    : T extends (infer U)[] ? Plain<U>[]',
  '    : T extends object ? {[K in keyof T]: Plain<T[K]>} : T;',
  'type Partly<T> = T extends object ? {[K in keyof T]?: Partly<T[K]>} : T;',
];
const check = (name, type, value) => {
  lines.push(`// ${name}`, `export const c${lines.length}: ${type} = ${JSON.stringify(value)};`);
};
for (const [type, module] of Object.entries(modules)) {
  const path = `${schema}/composable/${type}/panelcfg/x/${module}PanelCfg_types.gen.d.ts`;
  const text = readFileSync(join(folder, 'node_modules', path), 'utf8');
  const fields = /interface FieldConfig\b/.test(text);
  lines.push(`import type * as ${type} from '${path}';`);
  lines.push(`type ${type}Fields = ${fields ? `${type}.FieldConfig` : 'Record<string, unknown>'};`);
}
check('the dashboard', 'Plain<Dashboard>', dashboard);
for (const panel of panels.filter(({type}) => type !== 'row')) {
  const name = `${panel.type} "${panel.title}"`;
  if (!(panel.type in modules)) {
    errors.push(`${name}: a type of panel that this test does not know`);
    continue;
  }
  check(`${name}, options`, `Partly<Plain<${panel.type}.Options>>`, panel.options ?? {});
  check(`${name}, fields`, `Partly<Plain<${panel.type}Fields>>`, panel.fieldConfig?.defaults?.custom ?? {});
}

const source = join(folder, 'dashboard.ts');
writeFileSync(source, lines.join('\n'));
const program = ts.createProgram([source], {
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  noEmit: true,
  skipLibCheck: true,
  strict: true,
  target: ts.ScriptTarget.ES2022,
  types: [],
});
for (const diagnostic of ts.getPreEmitDiagnostics(program)) {
  const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n');
  const line = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start).line;
  errors.push(line === undefined ? text : `${lines[line - 1]}: ${text}`);
}
errors.forEach((error) => console.error(error));
if (errors.length > 0) process.exit(1);
console.log(`ok: the dashboard and its ${panels.length} panels are valid`);
