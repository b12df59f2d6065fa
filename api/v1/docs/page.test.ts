import { expect, test } from '@jest/globals';
import { openApiDocument } from '../document.ts';
import { docsPage, type OpenApiDocument } from './page.ts';

const hostile = '<script>alert("x")</script>\'"&';

test('the page shows hostile names and runs nothing', () => {
  const operation = {
    ...{ tags: [hostile], summary: hostile },
    parameters: [{ name: hostile, in: 'query', description: hostile, schema: { type: hostile } }],
    responses: { 200: { content: { [hostile]: { schema: { enum: [hostile] } } } } },
  };
  const text = docsPage(
    {
      info: { title: hostile, version: 'v1', description: hostile },
      paths: { [`/${hostile}`]: { get: operation } },
      components: { schemas: { [hostile]: { properties: { [hostile]: { $ref: hostile } } } } },
    },
    '/v1',
  );
  expect(text).not.toContain('<script');
  expect(text).not.toContain('alert("x")');
});

test('the page has every route, and asks nobody else for anything', async () => {
  const document = (await openApiDocument()) as OpenApiDocument;
  const text = docsPage(document, '/gpu/v1');
  for (const path of Object.keys(document.paths ?? {})) expect(text).toContain(` ${path}</code>`);
  expect(text).not.toMatch(/(src|href)="(https?:)?\/\//);
  expect(text).toContain('href="/gpu/v1/docs.css"');
});

test('every refusal of the document is a problem, and what is done without a word has none', async () => {
  const { paths = {} } = (await openApiDocument()) as OpenApiDocument;
  const without = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { responses = {} }]) =>
      Object.entries(responses)
        .filter(([status, { content }]) => {
          if (status === '204') return content !== undefined;
          return /^[45]/.test(status)
            ? content?.['application/problem+json']?.schema?.$ref !== '#/components/schemas/Problem'
            : false;
        })
        .map(([status]) => `${method} ${path} ${status}`),
    ),
  );
  expect(without).toEqual([]);
});
