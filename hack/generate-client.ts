import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import openapiTypes, { type OpenAPI3 } from 'openapi-typescript';
import { openApiDocument } from '../api/v1/document.ts';
import { checkoutDirectory } from './federation/paths.ts';

const file = 'api/console/src/client/schema.gen.ts';

/** Writes the types of the API's answers for the console, or with --check says whether they are old. */
const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const document = await openApiDocument();
const types = await openapiTypes(JSON.parse(JSON.stringify(document)) as OpenAPI3, {
  commentHeader: '/** Generated from the OpenAPI document of the API: npm run generate. */\n',
});
const path = join(checkoutDirectory, file);
const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
if (before === types) console.log(`${file} is up to date`);
else if (values.check) {
  console.error(`${file} is older than the API's schemas: npm run generate`);
  process.exitCode = 1;
} else {
  writeFileSync(path, types);
  console.log(`${file} written`);
}
