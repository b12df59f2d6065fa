import { describe, expect, test } from '@jest/globals';
import { memberRefusalReasons } from '../../../../operator/domain/placement/types.ts';
import type {
  CountryCapacityView,
  ModelMarketView,
} from '../../../../operator/domain/views/public.ts';
import { accessCommands } from './access-commands.ts';
import { readJob } from './gateway-jobs.ts';
import { gatewayPath } from './gateway-path.ts';
import { marketRows, type MarketFilter } from './market-rows.ts';
import { rentPath } from './paths.ts';
import { refusalCounts, refusalWords } from './refusal-words.ts';
import { shellWord } from './shell-word.ts';

const model = (
  name: string,
  low: number | undefined,
  more: Partial<ModelMarketView> = {},
): ModelMarketView => ({
  model: name,
  memoryMiB: 81_559,
  devices: 10,
  verified: 10,
  leased: 4,
  free: 6,
  wanted: 0,
  onDemandMicroUsdPerHour: low === undefined ? undefined : { low, median: low, high: low },
  spotMicroUsdPerHour: undefined,
  ...more,
});

const models = [
  model('H100', 2_400_000),
  model('L4', 400_000, { memoryMiB: 23_034, free: 0 }),
  model('B200', undefined),
];
const countries: readonly CountryCapacityView[] = [
  {
    country: 'DE',
    continent: 'EU',
    members: 3,
    devices: 4,
    free: 1,
    models: [{ model: 'H100', devices: 4, free: 1 }],
  },
  {
    country: undefined,
    continent: 'EU',
    members: 2,
    devices: 9,
    free: 9,
    models: [{ model: 'L4', devices: 9, free: 9 }],
  },
];
const all: MarketFilter = {
  text: '',
  country: undefined,
  minMemoryGiB: undefined,
  maxUsdPerHour: undefined,
  freeOnly: false,
  spot: false,
};

describe('the market', () => {
  test.each([
    ['everything, the cheapest first', {}, ['L4', 'H100', 'B200']],
    ['by a part of its name', { text: ' h1' }, ['H100']],
    ['by memory, which is told a little low', { minMemoryGiB: 80 }, ['H100', 'B200']],
    ['by price; what has none is not cheap', { maxUsdPerHour: 1 }, ['L4']],
    ['only what is free', { freeOnly: true }, ['H100', 'B200']],
    ['in a country', { country: 'DE' }, ['H100']],
    ['in a country that has nothing', { country: 'FR' }, []],
  ])('%s', (_name, patch, names) => {
    const rows = marketRows(models, countries, { ...all, ...patch });
    expect(rows.map((row) => row.model)).toEqual(names);
  });

  test('in a country it is what is free there', () => {
    expect(marketRows(models, countries, { ...all, country: 'DE' })[0]).toMatchObject({
      devices: 4,
      free: 1,
      leased: 3,
    });
  });

  test('leads to the form with what was chosen', () => {
    expect(rentPath({ model: 'A&B', country: 'DE', spot: true })).toBe(
      '/cloud/rent?model=A%26B&country=DE&capacity=Spot',
    );
  });
});

describe('reasons', () => {
  test.each(memberRefusalReasons)('%s is said in plain words', (reason) => {
    expect(refusalWords(reason).text).toContain(' ');
    expect(refusalWords(reason).text).not.toContain(reason);
  });

  test('one that is new is split into its words', () => {
    expect(refusalWords('SomethingQuiteNew').text).toBe('Something quite new');
    expect(refusalWords('constructor').text).toBe('constructor');
  });

  test('one is one', () => {
    expect(refusalCounts(1, 1)).toBe('1 data centre, 1 GPU');
    expect(refusalCounts(3, 0)).toBe('3 data centres');
  });
});

describe('commands', () => {
  test('names cannot become commands', () => {
    expect(shellWord("a'; rm -rf /")).toBe(`'a'\\''; rm -rf /'`);
    expect(shellWord('plain-1')).toBe('plain-1');
    const [first] = accessCommands({ namespace: '$(id)', name: 'a', endpoint: '' });
    expect(first?.code).toBe("kubectl io port-forward a -n '$(id)' dashboard");
  });
});

describe('the gateway', () => {
  test.each([
    ['https://io.test/clusters/a/b/', '/clusters/a/b/'],
    ['https://io.test/clusters/a/b', '/clusters/a/b/'],
    ['https://elsewhere.test/clusters/a/b/', undefined],
    ['http://io.test/clusters/a/b/', undefined],
    ['https://io.test.evil.test/', undefined],
    ['nonsense', undefined],
  ])('%s gets the token only if it is where the console is from', (endpoint, path) => {
    expect(gatewayPath(endpoint, 'https://io.test')).toBe(path);
  });

  test.each([
    [
      { submission_id: 'a', status: 'RUNNING', entrypoint: 'x', start_time: 0 },
      '1970-01-01T00:00:00.000Z',
    ],
    [{ submission_id: 'a', start_time: 1e300 }, undefined],
    [{ job_id: 'a', start_time: 'soon' }, undefined],
  ])('a job %j', (job, startedAt) => {
    expect(readJob(job)).toMatchObject({ id: 'a', startedAt });
  });

  test.each([[null], [7], [{}], [{ submission_id: 7 }]])('%j is no job', (job) => {
    expect(readJob(job)).toBeUndefined();
  });
});
