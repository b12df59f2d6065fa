// Adds up what wallets have got, and builds the roots again by which they claim.
import { createPublicKey, verify } from 'node:crypto';
import { check, hex, index, rows, sha256, textOf } from './bundle.mjs';
import { addressBytes, leafOf, rootOf } from './tree.mjs';

/** Whether the wallet signed that it is the account's: Sign In With Solana, its only resource. */
function isProved({ account, wallet, public_key: key, message, signature }) {
  const [text, bytes] = [textOf(message), Buffer.from(key, 'hex')];
  if (text.split('\n')[1] !== wallet || !addressBytes(wallet).equals(bytes)) return false;
  if (!text.endsWith(`\nResources:\n- urn:compute.io.net:account:${account}`)) return false;
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') };
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
  return verify(null, Buffer.from(text), publicKey, Buffer.from(signature, 'hex'));
}

/** Epoch, then supplier, then what it got. */
function rewardsBySupplier(transfers) {
  const amounts = new Map([...rows('reward_epochs.csv')].map(({ epoch }) => [epoch, new Map()]));
  for (const [, cause, , credit, , subject, amount] of transfers) {
    const of = amounts.get(BigInt(subject.slice('epoch '.length)));
    if (cause === 'Reward') of.set(credit.slice('supplier:rewards,'.length), amount);
  }
  return amounts;
}

/** Takes what `shareRewards` yields; epochs in their order. */
export function checkRoots(transfers) {
  const amounts = rewardsBySupplier(transfers);
  const bindings = [...rows('wallets.csv')];
  for (const each of bindings)
    check(`wallet ${each.wallet} of ${each.account}, signed`, true, isProved(each));
  const totals = new Map(
    [...rows('reward_opening.csv')].map(({ public_key: key, total }) => [key, total]),
  );
  const kept = new Map(
    [...rows('reward_kept.csv')].map(({ account, amount }) => [account, amount]),
  );
  const [standings, roots] = [
    index('reward_standings.csv', 'epoch'),
    [...rows('reward_roots.csv')],
  ];
  const [walletOf, first] = [new Map(), [...amounts.keys()][0] ?? 1n];
  for (const { account, public_key: key, since_epoch: since } of bindings)
    if (since < first) walletOf.set(account, key);
  for (const [epoch, suppliers] of amounts) {
    const gains = new Map();
    const gain = (key, amount) => amount > 0n && gains.set(key, (gains.get(key) ?? 0n) + amount);
    const own = bindings.filter(({ since_epoch: since }) => since === epoch);
    for (const { account, public_key: key } of own) walletOf.set(account, key);
    for (const { account } of own) {
      gain(walletOf.get(account), kept.get(account) ?? 0n);
      kept.delete(account);
    }
    for (const [account, amount] of suppliers)
      if (walletOf.has(account)) gain(walletOf.get(account), amount);
      else kept.set(account, (kept.get(account) ?? 0n) + amount);
    // A wallet gets its place with its first reward, in the order of the public key.
    for (const [key, amount] of [...gains].sort(([a], [b]) => (a < b ? -1 : 1)))
      totals.set(key, (totals.get(key) ?? 0n) + amount);
    if (standings.has(epoch)) checkStanding(standings.get(epoch), totals, roots);
  }
}

function checkStanding({ epoch, wallets, total, leaves_hash: hash }, totals, roots) {
  const at = `standing of epoch ${epoch}`;
  const entries = [...totals].map(([key, amount]) => [Buffer.from(key, 'hex'), amount]);
  const sum = entries.reduce((all, [, amount]) => all + amount, 0n);
  check(`${at}, wallets and total`, `${wallets} ${total}`, `${entries.length} ${sum}`);
  const lines = entries.map(([key, amount]) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(amount);
    return Buffer.concat([key, bytes]);
  });
  check(`${at}, hash of leaves`, hash, hex(sha256(Buffer.concat(lines))));
  for (const of of roots.filter((each) => each.epoch === epoch)) {
    const { root, depth } = rootOf(entries.map(([key, amount], i) => leafOf(of, key, amount, i)));
    check(
      `root of epoch ${epoch} for ${of.distributor}`,
      `${of.root} ${of.depth}`,
      `${root} ${depth}`,
    );
  }
}
