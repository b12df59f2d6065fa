/** A schema of JSON, as far as the page shows it. */
export type Schema = Readonly<{
  $ref?: string;
  type?: string | readonly string[];
  format?: string;
  description?: string;
  enum?: readonly unknown[];
  const?: unknown;
  items?: Schema;
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  default?: unknown;
}>;

/** Deeper ones are named, and have an article of their own. */
const maxDepth = 6;

/** A schema as nested lists of its fields. */
export function schemaHtml(schema: Schema, depth = 0): string {
  const { $ref, items, properties, required = [], description, anyOf, oneOf } = schema;
  if ($ref !== undefined) {
    const name = $ref.split('/').at(-1) ?? '';
    return `<a href="#schema-${escaped(name)}">${escaped(name)}</a>`;
  }
  if (depth >= maxDepth) return '…';
  const choices = anyOf ?? oneOf;
  if (choices !== undefined) {
    return choices.map((choice) => schemaHtml(choice, depth + 1)).join(' or ');
  }
  if (items !== undefined) return `list of ${schemaHtml(items, depth + 1)}`;
  const note = description === undefined ? '' : ` <small>${escaped(description)}</small>`;
  if (properties === undefined) return `${wordOf(schema)}${note}`;
  const fields = Object.entries(properties).map(([name, field]) => {
    const optional = required.includes(name) ? '' : ' <small>may be missing</small>';
    return `<li><code>${escaped(name)}</code>${optional}: ${schemaHtml(field, depth + 1)}</li>`;
  });
  return `${note}<ul class="fields">${fields.join('')}</ul>`;
}

function wordOf({ type = 'anything', format, enum: values, const: only, ...rest }: Schema): string {
  const usual =
    rest.default === undefined ? '' : `, ${escaped(JSON.stringify(rest.default))} unless told`;
  const one = only === undefined ? values : [only];
  if (one !== undefined) {
    return `${one.map((value) => `<code>${escaped(String(value))}</code>`).join(' or ')}${usual}`;
  }
  const kind = typeof type === 'string' ? type : type.join(' or ');
  return `${escaped(kind)}${format === undefined ? '' : ` (${escaped(format)})`}${usual}`;
}

/** A text in HTML; also in an attribute. */
export const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
