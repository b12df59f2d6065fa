import type { Browser } from 'playwright-core';
import { sourceOfChromium } from '../browser/chromium.ts';
import { launchBrowser } from '../browser/launch.ts';
import { overflowsOf, violationsOf } from '../browser/looks.ts';
import { signInByToken } from '../browser/sign-in.ts';
import { type Visit, visit } from '../browser/visit.ts';
import type { World } from '../federation/world.ts';
import { example } from './journey.ts';
import { moneyOf } from './money.ts';
import type { Stages } from './stages.ts';

const LOOKED_AT_WITHIN_S = 120;
const person = 'demo-person';
const { namespace, name } = example;

/**
 * Makes a service account that sees all of the demo's data centres and may use what is in the namespace
 * of the renter. Returns its name; a token of it signs in to the console.
 */
export async function personFor(world: World): Promise<string> {
  const account = `--serviceaccount=${namespace}:${person}`;
  const roles = [
    ['use', 'get,list,create,update,patch,delete', 'ioclusters,ioaccounts'],
    ['look', 'get,list', 'iodevices,iomembers,ioslashcases'],
  ] as const;
  const { code } = await world.kubectl(['get', 'serviceaccount', person, '-n', namespace]);
  if (code === 0) return person;
  await world.mustKubectl(['create', 'serviceaccount', person, '-n', namespace]);
  for (const [what, verbs, plurals] of roles) {
    const resources = plurals.split(',').map((plural) => `${plural}.compute.io.net`);
    const role = `${person}-${what}`;
    const rights = [`--verb=${verbs}`, `--resource=${resources.join(',')}`];
    await world.mustKubectl(['create', 'clusterrole', role, ...rights]);
    await world.mustKubectl(
      what === 'use'
        ? ['create', 'rolebinding', role, `--clusterrole=${role}`, account, '-n', namespace]
        : ['create', 'clusterrolebinding', role, `--clusterrole=${role}`, account],
    );
  }
  return person;
}

/** A person signs in to the console and looks at the example, in a browser where there is one. */
export async function lookAtConsole(world: World, stages: Stages): Promise<void> {
  await stages.run(
    'the console in Chromium: signed in, looked at',
    LOOKED_AT_WITHIN_S,
    async () => {
      const source = sourceOfChromium();
      if (source.kind === 'none') return [`not looked at: ${source.why}`];
      const browser = await launchBrowser();
      try {
        return await look(world, browser);
      } finally {
        await browser.close();
      }
    },
  );
}

async function look(world: World, browser: Browser): Promise<readonly string[]> {
  const account = await personFor(world);
  const token = await world.mustKubectl(['create', 'token', account, '-n', namespace]);
  const origin = `https://127.0.0.1:${moneyOf(world).apiPort}`;
  const one = await visit(browser, { origin });
  await one.open('/explorer');
  await signInByToken(one, token.trim());
  const paths = ['/explorer', '/cloud', `/cloud/clusters/${namespace}/${name}`, '/workers', '/id'];
  const lines: string[] = [];
  for (const path of paths) {
    await one.go(path);
    const faults = await faultsOf(one);
    if (faults.length > 0) throw new Error(`${path}: ${faults.join('\n')}`);
    lines.push(`${path.padEnd(34)} ${await one.page.title()}`);
  }
  return [`${origin}/console/`, ...lines];
}

async function faultsOf(one: Visit): Promise<readonly string[]> {
  return [...(await violationsOf(one)), ...(await overflowsOf(one)), ...one.watch.problems];
}
