import { escaped, schemaHtml, type Schema } from './schema-html.ts';

/** Of an OpenAPI document, what the page shows. */
export type OpenApiDocument = Readonly<{
  info: Readonly<{ title: string; version: string; description?: string }>;
  paths?: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  components?: Readonly<{ schemas?: Readonly<Record<string, Schema>> }>;
}>;

type Operation = Readonly<{
  tags?: readonly string[];
  summary?: string;
  security?: readonly unknown[];
  parameters?: readonly Readonly<{
    name: string;
    in: string;
    required?: boolean;
    description?: string;
    schema?: Schema;
  }>[];
  requestBody?: Readonly<{ content?: Content }>;
  responses?: Readonly<Record<string, Readonly<{ content?: Content }>>>;
}>;
type Content = Readonly<Record<string, Readonly<{ schema?: Schema }>>>;
type Route = Readonly<{ path: string; method: string; operation: Operation }>;

/**
 * The API as a page: without scripts, and with nothing from anywhere else.
 * @param base the path that the page and the document are below, such as `/v1`
 */
export function docsPage({ info, paths = {}, components }: OpenApiDocument, base: string): string {
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Route => ({ path, method, operation })),
  );
  const groups = Map.groupBy(routes, ({ operation }) => operation.tags?.[0] ?? 'more');
  const names = [...groups.keys()];
  const schemas = Object.entries(components?.schemas ?? {});
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escaped(info.title)}</title>`,
    `<link rel="stylesheet" href="${escaped(base)}/docs.css"></head><body>`,
    `<header><h1>${escaped(info.title)}</h1><p>${escaped(info.description ?? '')}</p>`,
    `<p><a href="${escaped(base)}/openapi.json">OpenAPI 3.1 document</a></p>`,
    '<nav aria-label="Groups"><ul>',
    ...names.map((name) => `<li><a href="#${anchor(name)}">${escaped(name)}</a></li>`),
    '<li><a href="#schemas">schemas</a></li></ul></nav></header><main>',
    ...[...groups].map(([name, group]) => groupHtml(name, group)),
    '<section id="schemas"><h2>Schemas</h2>',
    ...schemas.map(
      ([name, schema]) =>
        `<article id="schema-${anchor(name)}"><h3>${escaped(name)}</h3>${schemaHtml(schema)}</article>`,
    ),
    '</section></main></body></html>',
  ].join('\n');
}

function groupHtml(name: string, group: readonly Route[]): string {
  return `<section id="${anchor(name)}"><h2>${escaped(name)}</h2>${group.map(routeHtml).join('')}</section>`;
}

function routeHtml({ path, method, operation }: Route): string {
  const { summary = '', security = [], parameters = [], requestBody, responses = {} } = operation;
  const who = security.length === 0 ? 'everybody' : 'signed in';
  const body = schemaIn(requestBody?.content);
  return [
    `<article><h3><code>${escaped(method.toUpperCase())} ${escaped(path)}</code></h3>`,
    `<p>${escaped(summary)} <small>${who}</small></p>`,
    parameters.length === 0 ? '' : parametersHtml(parameters),
    body === undefined ? '' : `<h4>Body</h4>${schemaHtml(body)}`,
    ...Object.entries(responses).map(([status, { content }]) => {
      const schema = schemaIn(content);
      return schema === undefined || !status.startsWith('2')
        ? ''
        : `<h4>Answer ${escaped(status)}</h4>${schemaHtml(schema)}`;
    }),
    refusalsHtml(Object.keys(responses)),
    '</article>',
  ].join('');
}

function parametersHtml(parameters: NonNullable<Operation['parameters']>): string {
  const rows = parameters.map(
    ({ name, in: where, required = false, description = '', schema = {} }) =>
      `<tr><td><code>${escaped(name)}</code></td><td>${escaped(where)}${required ? ', needed' : ''}</td>` +
      `<td>${schemaHtml(schema)}</td><td>${escaped(description)}</td></tr>`,
  );
  return `<div class="wide"><table><tbody>${rows.join('')}</tbody></table></div>`;
}

function refusalsHtml(statuses: readonly string[]): string {
  const refusals = statuses.filter((status) => /^[45]/.test(status));
  return refusals.length === 0 ? '' : `<p><small>Refusals: ${refusals.join(', ')}</small></p>`;
}

const schemaIn = (content: Content | undefined): Schema | undefined =>
  content === undefined ? undefined : Object.values(content)[0]?.schema;

const anchor = (name: string): string => name.replaceAll(/[^A-Za-z0-9]+/g, '-');

export const docsCss = `
:root { color-scheme: light dark; --line: light-dark(#d5d9e0, #3a4150); --soft: light-dark(#f4f6f9, #1b2029); }
body { max-width: 72rem; margin: 0 auto; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1, h2, h3 { line-height: 1.2; }
h2 { margin-top: 2.5rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; padding: 0; list-style: none; }
article { margin: 1rem 0; padding: .5rem 1rem; border: 1px solid var(--line); border-radius: .5rem; }
article h3 { font-size: 1rem; }
code { font-family: ui-monospace, monospace; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; }
td { padding: .25rem .75rem .25rem 0; vertical-align: top; }
ul.fields { margin: 0; padding-left: 1.25rem; }
small { color: light-dark(#555c68, #a7b0bf); }
a { color: light-dark(#0b57d0, #8ab4f8); }
`;
