// Reads a bundle of `io-operator audit --out DIR`. README.md says what its files hold.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const read = (name) => readFileSync(`${process.argv[2] ?? '.'}/${name}`);
export const manifest = JSON.parse(read('manifest.json'));
export const sha256 = (content) => createHash('sha256').update(content).digest();
export const hex = (bytes) => bytes.toString('hex');
export const textOf = (bytes) => Buffer.from(bytes, 'hex').toString();

export let differences = 0;
/** Compares what is written down with what it has to be. */
export function check(what, stored, computed) {
  if (String(stored) === String(computed)) return;
  differences += 1;
  if (differences <= 50) console.log(`${what}: stored ${stored}, computed ${computed}`);
}

/** Columns of numbers, by their ends: read as bigint, and undefined where they are empty. */
const numeric = new RegExp(
  '(_s|_no|_hour|_points|_base|_milli|_usd|epoch|slot|seconds|raw|sum|amount|opening|closing|final|' +
    'before|emitted|undistributed|devices|eligible|sevenths|minutes|flags|score|leases|total|wallets|' +
    'depth)$',
);
function valueOf(text, isNumber) {
  if (!isNumber) return text === '""' ? '' : text;
  return text === '' ? undefined : BigInt(text);
}

/** Rows of a file as objects. Its hash and number of rows have to be those of the manifest. */
export function* rows(name) {
  const [bytes, file] = [read(name), manifest.files.find((each) => each.name === name)];
  check(`${name}, hash`, file.sha256, hex(sha256(bytes)));
  let [head, at, count] = [undefined, 0, -1];
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, at), count += 1) {
    const fields = bytes.toString('utf8', at, end).split(',');
    at = end + 1;
    if (head === undefined) head = fields.map((key) => [key, numeric.test(key)]);
    else yield Object.fromEntries(head.map(([key, is], i) => [key, valueOf(fields[i], is)]));
  }
  check(`${name}, rows`, file.rows, count);
}
export const group = (name, key) => Map.groupBy(rows(name), (row) => row[key]);
/** Rows by one column, or by the text of several. */
export function index(name, ...keys) {
  const keyOf = (row) => (keys.length > 1 ? keys.map((key) => row[key]).join() : row[keys[0]]);
  return new Map([...rows(name)].map((row) => [keyOf(row), row]));
}
