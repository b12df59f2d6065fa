// Checks a bundle of `io-operator rewards-bundle --out DIR`, which anybody may have:
//   node leaves.mjs DIR    prints the root, which has to be the one on chain, or what differs.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { addressBytes, leafOf, rootOf, rootOfProof } from './tree.mjs';

const read = (name) => readFileSync(`${process.argv[2] ?? '.'}/${name}`, 'utf8');
const { root: told, files } = JSON.parse(read('manifest.json'));
const of = { program_id: told.programId, distributor: told.distributor, mint: told.mint };
let differences = 0;
function check(what, stored, computed) {
  if (String(stored) === String(computed)) return;
  differences += 1;
  if (differences <= 50) console.log(`${what}: stored ${stored}, computed ${computed}`);
}

const wallets = new Map();
for (const { name, sha256 } of files) {
  const text = read(name);
  check(`${name}, hash`, sha256, createHash('sha256').update(text).digest('hex'));
  if (name !== 'leaves.csv') continue;
  for (const line of text.trim().split('\n').slice(1)) {
    const [index, wallet, total] = line.split(',');
    check(`place of ${wallet}`, index, wallets.size);
    wallets.set(wallet, { total, leaf: leafOf(of, addressBytes(wallet), total, index) });
  }
}
const { root, depth } = rootOf([...wallets.values()].map(({ leaf }) => leaf));
const total = [...wallets.values()].reduce((sum, each) => sum + BigInt(each.total), 0n);
check('root', `${told.root} ${told.depth}`, `${root} ${depth}`);
check('wallets and total', `${told.leafCount} ${told.total}`, `${wallets.size} ${total}`);
let proofs = 0;
for (const { name } of files.filter((each) => each.name.startsWith('proofs/'))) {
  for (const [wallet, { index, total: amount, proof }] of Object.entries(JSON.parse(read(name)))) {
    const own = wallets.get(wallet);
    check(`total of ${wallet}`, amount, own?.total);
    check(`proof of ${wallet}`, root, rootOfProof(own?.leaf ?? Buffer.alloc(32), index, proof));
    proofs += 1;
  }
}
check('proofs', wallets.size, proofs);
const good = `OK, ${wallets.size} wallets of epoch ${told.epoch}, root ${root}`;
console.log(differences === 0 ? good : `${differences} differences`);
process.exitCode = differences === 0 ? 0 : 1;
