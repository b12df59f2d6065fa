import { expect, test } from '@jest/globals';
import { imageOf } from './stacks.ts';

test.each([
  ['Ray by default', { version: '2.52.1' }, 'docker.io/rayproject/ray:2.52.1-py312-gpu'],
  ['Ray by name', { version: '2.52.1', stack: 'Ray' }, 'docker.io/rayproject/ray:2.52.1-py312-gpu'],
  [
    'RayLLM',
    { version: '2.52.0', stack: 'RayLLM' },
    'docker.io/rayproject/ray-llm:2.52.0-py311-cu128',
  ],
  ['their own', { version: '2.52.1', image: 'registry.example/team:1' }, 'registry.example/team:1'],
] as const)('renters get %s', (_sentence, ray, image) => {
  expect(imageOf(ray)).toBe(image);
});
