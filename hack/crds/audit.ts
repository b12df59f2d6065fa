import type { SchemaNode } from './open-api-schema.ts';

/** Keywords of a structural schema that we use. Anything else is a mistake of the generator. */
const allowedKeywords = new Set([
  'description',
  'type',
  'format',
  'enum',
  'default',
  'minimum',
  'maximum',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'maxProperties',
  'required',
  'properties',
  'additionalProperties',
  'items',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-validations',
]);

const integerFormats = new Set(['int32', 'int64']);

type Finding = (path: string, problem: string) => void;

/**
 * What is wrong with the schema of a CRD, one line each: what the API server would refuse or warn
 * about, what it could not bound the cost of, and fields that nobody described.
 */
export function auditSchema(root: SchemaNode): string[] {
  const findings: string[] = [];
  const find: Finding = (path, problem) => findings.push(`${path}: ${problem}`);
  const { properties, ...rest } = root;
  auditNode({ ...rest }, '(root)', find);
  for (const name of ['spec', 'status']) {
    const child = (properties as SchemaNode | undefined)?.[name];
    if (child === undefined) find(name, 'is missing');
    else auditNode(child as SchemaNode, name, find);
  }
  for (const rule of rulesOf(root)) auditRule(root, rule, '(root)', find);
  return findings;
}

function auditNode(node: SchemaNode, path: string, find: Finding): void {
  for (const keyword of Object.keys(node)) {
    if (!allowedKeywords.has(keyword)) find(path, `has the keyword ${keyword}`);
  }
  auditDescription(node, path, find);
  if (node['x-kubernetes-int-or-string'] === true) {
    if (node['maxLength'] === undefined) find(path, 'has no maxLength');
    return;
  }
  const audits: Record<string, (node: SchemaNode, path: string, find: Finding) => void> = {
    object: auditObject,
    array: auditArray,
    string: auditString,
    integer: auditInteger,
    boolean: () => undefined,
  };
  const audit = audits[String(node['type'])];
  if (audit === undefined) find(path, `has type ${String(node['type'])}`);
  else audit(node, path, find);
  if (path !== '(root)') for (const rule of rulesOf(node)) auditRule(node, rule, path, find);
}

function auditDescription(node: SchemaNode, path: string, find: Finding): void {
  if (path.endsWith('{}')) return;
  const { description } = node;
  if (typeof description !== 'string') find(path, 'has no description');
  else if (!/^[A-Z].*[.]$/s.test(description)) {
    find(path, 'has a description that is no sentence: capital first, full stop last');
  }
}

function auditObject(node: SchemaNode, path: string, find: Finding): void {
  const properties = node['properties'] as Record<string, SchemaNode> | undefined;
  const values = node['additionalProperties'] as SchemaNode | undefined;
  if (path === '(root)') return;
  if ((properties === undefined) === (values === undefined)) {
    find(path, 'needs either properties or additionalProperties');
  }
  if (values !== undefined) {
    if (node['maxProperties'] === undefined) find(path, 'has no maxProperties');
    auditNode(values, `${path}{}`, find);
  }
  for (const name of (node['required'] as string[] | undefined) ?? []) {
    const child = properties?.[name];
    if (child === undefined) find(path, `requires ${name}, which it does not have`);
    else if (child['default'] !== undefined)
      find(`${path}.${name}`, 'is required and has a default');
  }
  for (const [name, child] of Object.entries(properties ?? {})) {
    if (!/^[a-z][A-Za-z0-9]*$/.test(name)) find(`${path}.${name}`, 'is not in camelCase');
    auditNode(child, `${path}.${name}`, find);
  }
}

function auditArray(node: SchemaNode, path: string, find: Finding): void {
  if (node['maxItems'] === undefined) find(path, 'has no maxItems');
  const items = node['items'] as SchemaNode | undefined;
  if (items === undefined) {
    find(path, 'has no items');
    return;
  }
  const listType = node['x-kubernetes-list-type'];
  if (listType === undefined) find(path, 'has no x-kubernetes-list-type');
  if (listType === 'map') {
    for (const key of (node['x-kubernetes-list-map-keys'] as string[] | undefined) ?? []) {
      const required = (items['required'] as string[] | undefined) ?? [];
      if (!required.includes(key)) find(path, `has the map key ${key}, which items need not have`);
    }
  }
  auditNode(items, `${path}[]`, find);
}

function auditString(node: SchemaNode, path: string, find: Finding): void {
  if (node['enum'] === undefined && node['maxLength'] === undefined) find(path, 'has no maxLength');
  if (node['format'] !== undefined && node['format'] !== 'date-time') {
    find(path, `has the format ${JSON.stringify(node['format'])}`);
  }
}

function auditInteger(node: SchemaNode, path: string, find: Finding): void {
  if (!integerFormats.has(String(node['format']))) find(path, 'has no format int32 or int64');
  for (const bound of ['minimum', 'maximum']) {
    if (!Number.isSafeInteger(node[bound])) find(path, `has no ${bound} that is exact in JSON`);
  }
}

type ValidationNode = {
  rule?: unknown;
  message?: unknown;
  messageExpression?: unknown;
  fieldPath?: unknown;
};

function rulesOf(node: SchemaNode): readonly ValidationNode[] {
  return (node['x-kubernetes-validations'] as readonly ValidationNode[] | undefined) ?? [];
}

function auditRule(node: SchemaNode, rule: ValidationNode, path: string, find: Finding): void {
  const { message, fieldPath } = rule;
  if (typeof message !== 'string' || message === '' || message.includes('\n')) {
    find(path, `has a rule without a message of one line: ${String(rule.rule)}`);
  }
  if (typeof fieldPath !== 'string') return;
  let at: SchemaNode | undefined = node;
  for (const part of fieldPath.split('.').slice(1)) {
    at = (at?.['properties'] as Record<string, SchemaNode> | undefined)?.[part];
  }
  if (at === undefined) find(path, `has a rule for ${fieldPath}, which does not exist`);
}
