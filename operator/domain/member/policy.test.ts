import { describe, expect, test } from '@jest/globals';
import { isAllowedImage, isImagePattern } from './policy.ts';

const digest = `sha256:${'0a'.repeat(32)}`;
const other = `sha256:${'0b'.repeat(32)}`;

describe('an image of', () => {
  test.each([
    ['docker.io/rayproject/', 'docker.io/rayproject/ray:2.52.1'],
    ['docker.io/rayproject/', `docker.io/rayproject/nightly/ray@${digest}`],
    ['docker.io/', 'docker.io/rayproject/ray:2.52.1'],
    ['registry.example:5000/', 'registry.example:5000/ray:1'],
    ['docker.io/rayproject/ray', 'docker.io/rayproject/ray:2.52.1'],
    ['docker.io/rayproject/ray', `docker.io/rayproject/ray@${digest}`],
    ['docker.io/rayproject/ray:2.52.1', 'docker.io/rayproject/ray:2.52.1'],
    [`docker.io/rayproject/ray@${digest}`, `docker.io/rayproject/ray@${digest}`],
    [`docker.io/rayproject/ray@${digest}`, `docker.io/rayproject/ray:any@${digest}`],
    ['rayproject/', 'rayproject/ray:2.52.1'],
    ['localhost/', 'localhost/ray:1'],
    ['ray', 'ray:2.52.1'],
  ])('%s may be %s', (pattern, image) => {
    expect(isAllowedImage(image, [pattern])).toBe(true);
  });

  test.each([
    ['docker.io/rayproject/', 'docker.io/rayproject-evil/ray:1'],
    ['docker.io/rayproject/', 'docker.io/rayproject:1'],
    ['docker.io/rayproject/', 'docker.io/rayproject/../evil/ray:1'],
    ['docker.io/rayproject/', 'docker.io/rayproject//ray:1'],
    ['docker.io/rayproject/', 'docker.io/rayproject/.../ray:1'],
    ['docker.io/rayproject/', 'evil.example/docker.io/rayproject/ray:1'],
    ['docker.io/rayproject/', 'docker.io.evil.example/rayproject/ray:1'],
    ['docker.io/rayproject/', 'docker.io:443/rayproject/ray:1'],
    ['docker.io/rayproject/', 'rayproject/ray:1'],
    ['docker.io/rayproject/', 'DOCKER.IO/rayproject/ray:1'],
    ['docker.io/rayproject/', 'docker.io/rayproject/ray:1\n'],
    ['docker.io/rayproject/', 'docker.io/rayproject/ray:1;id'],
    ['docker.io/rayproject/ray', 'docker.io/rayproject/ray-llm:1'],
    ['docker.io/rayproject/ray', 'docker.io/rayproject/ray/evil:1'],
    ['docker.io/rayproject/ray:2.52.1', 'docker.io/rayproject/ray:2.52.10'],
    ['docker.io/rayproject/ray:2.52.1', `docker.io/rayproject/ray@${digest}`],
    // The digest is what is pulled, the tag is not looked at.
    ['docker.io/rayproject/ray:2.52.1', `docker.io/rayproject/ray:2.52.1@${other}`],
    [`docker.io/rayproject/ray@${digest}`, 'docker.io/rayproject/ray:2.52.1'],
    [`docker.io/rayproject/ray@${digest}`, `docker.io/rayproject/ray@${other}`],
    [`docker.io/rayproject/ray@${digest}`, `evil.example/rayproject/ray@${digest}`],
  ])('%s may not be %s', (pattern, image) => {
    expect(isAllowedImage(image, [pattern])).toBe(false);
  });

  test('no pattern at all may not be', () => {
    expect(isAllowedImage('docker.io/rayproject/ray:1', [])).toBe(false);
  });
});

test.each([
  ['docker.io/', true],
  ['registry.example:5000/team/', true],
  ['docker.io/rayproject/ray:2.52.1', true],
  [`docker.io/rayproject/ray@${digest}`, true],
  ['/', false],
  ['*', false],
  ['docker.io/*', false],
  ['docker.io//', false],
  ['https://docker.io/', false],
  ['docker.io/Ray', false],
  ['docker.io/ray:', false],
  ['docker.io/ray @x', false],
  ['', false],
])('whether %j is a pattern: %s', (pattern, expected) => {
  expect(isImagePattern(pattern)).toBe(expected);
});
