import { openApiDocument } from '../api/v1/document.ts';

/** Prints the OpenAPI document of the API, for what is generated from it. Nothing has to run for it. */
console.log(JSON.stringify(await openApiDocument(), null, 2));
