import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from './kube-object.ts';
import { parseListPage } from './list-page.ts';
import type { Resource } from './resource.ts';
import { parseFrame } from './watch-frames.ts';

const resource: Resource = {
  group: '',
  version: 'v1',
  kind: 'Node',
  plural: 'nodes',
  namespaced: false,
  decode: (raw) => {
    const object = raw as KubeObject & { bad?: boolean };
    if (object.bad === true) throw new Error('bad must not be true');
    return object;
  },
};
const metadata = { name: 'a', resourceVersion: '5', managedFields: [{ manager: 'x' }] };
const frame = (type: string, object: unknown): string => JSON.stringify({ type, object });

describe('a frame', () => {
  test('carries an object with its kind, without managedFields', () => {
    expect(parseFrame(resource, frame('ADDED', { metadata }))).toEqual({
      type: 'ADDED',
      object: { apiVersion: 'v1', kind: 'Node', metadata: { name: 'a', resourceVersion: '5' } },
    });
  });

  test('of an object that the decoder refuses still names it', () => {
    expect(parseFrame(resource, frame('MODIFIED', { metadata, bad: true }))).toMatchObject({
      type: 'UNDECODABLE',
      of: 'MODIFIED',
      error: { key: 'a', resourceVersion: '5', message: 'nodes a: bad must not be true' },
    });
    expect(parseFrame(resource, frame('DELETED', { metadata: {} }))).toMatchObject({
      type: 'UNDECODABLE',
      error: { key: '', message: 'nodes: metadata.name is missing' },
    });
  });

  test('may be a bookmark or an error', () => {
    expect(parseFrame(resource, frame('BOOKMARK', { metadata: { resourceVersion: '9' } }))).toEqual(
      {
        type: 'BOOKMARK',
        resourceVersion: '9',
      },
    );
    expect(parseFrame(resource, frame('ERROR', { code: 410 }))).toMatchObject({
      type: 'ERROR',
      error: { status: 410 },
    });
  });

  test.each([
    ['{"type":"ADDED","obj', '20 characters that are not JSON'],
    ['null', 'no object'],
    ['{"type":"NEWS"}', 'an event of type NEWS'],
    ['{}', 'an event of type undefined'],
    ['{"type":"BOOKMARK","object":{}}', 'a bookmark without resourceVersion'],
  ])('%s is refused', (line, what) => {
    expect(() => parseFrame(resource, line)).toThrow(`watch of nodes: the server sent ${what}`);
  });
});

describe('a page of a list', () => {
  test('keeps what can be decoded and names what cannot', () => {
    const page = parseListPage(resource, {
      metadata: { resourceVersion: '7', continue: 'token' },
      items: [{ metadata: { name: 'a' } }, { metadata: { name: 'b' }, bad: true }],
    });
    expect(page.items.map((item) => item.metadata.name)).toEqual(['a']);
    expect(page.failures.map((failure) => failure.key)).toEqual(['b']);
    expect([page.resourceVersion, page.continue]).toEqual(['7', 'token']);
  });

  test('may have no items and no token', () => {
    const page = parseListPage(resource, {
      metadata: { resourceVersion: '7', continue: '' },
      items: null,
    });
    expect(page).toEqual({ items: [], failures: [], resourceVersion: '7' });
  });

  test.each([[null], [{}], [{ metadata: { resourceVersion: '7' }, items: {} }]])(
    '%j is refused',
    (raw) => {
      expect(() => parseListPage(resource, raw)).toThrow(
        'list of nodes: expected items and metadata.resourceVersion',
      );
    },
  );
});
