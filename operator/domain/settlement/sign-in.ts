import { instant } from '../instant.ts';
import type { AccountKey } from '../ledger/types.ts';

/**
 * A text that a wallet signs to prove whose it is: Sign In With Solana, as the Solana wallet standard
 * has it. Times are seconds since 1970.
 */
export type SignIn = Readonly<{
  /** Host, and port where it is not the usual one, of who asks. */
  domain: string;
  /** Base58. */
  address: string;
  statement: string;
  uri: string;
  chainId: string;
  /** At least eight letters or digits. */
  nonce: string;
  issuedAtSeconds: number;
  expiresAtSeconds: number;
  resources: readonly string[];
}>;

/** How long a text may be signed. */
export const signInSeconds = 300;
/** Clocks of several servers differ by less. */
const skewSeconds = 30;

const opening = ' wants you to sign in with your Solana account:';

/** The text, without a line feed at its end. */
export function signInText(signIn: SignIn): string {
  return [
    `${signIn.domain}${opening}`,
    signIn.address,
    '',
    signIn.statement,
    '',
    `URI: ${signIn.uri}`,
    'Version: 1',
    `Chain ID: ${signIn.chainId}`,
    `Nonce: ${signIn.nonce}`,
    `Issued At: ${instant(signIn.issuedAtSeconds)}`,
    `Expiration Time: ${instant(signIn.expiresAtSeconds)}`,
    'Resources:',
    ...signIn.resources.map((resource) => `- ${resource}`),
  ].join('\n');
}

const pattern = new RegExp(
  [
    String.raw`^(?<domain>[A-Za-z0-9.:[\]-]{1,253})${opening}`,
    '(?<address>[1-9A-HJ-NP-Za-km-z]{32,44})',
    '',
    String.raw`(?<statement>[^\n]{1,512})`,
    '',
    String.raw`URI: (?<uri>[^\s]{1,512})`,
    'Version: 1',
    'Chain ID: (?<chainId>[a-z]{1,32})',
    'Nonce: (?<nonce>[A-Za-z0-9]{8,64})',
    String.raw`Issued At: (?<issued>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)`,
    String.raw`Expiration Time: (?<expires>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)`,
    String.raw`Resources:(?<resources>(\n- [^\s]{1,512}){1,8})$`,
  ].join('\n'),
);

/** Reads a text as `signInText` writes it; undefined for anything else. */
export function readSignIn(text: string): SignIn | undefined {
  const groups = pattern.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const field = (name: string): string => groups[name] ?? '';
  const signIn: SignIn = {
    domain: field('domain'),
    address: field('address'),
    statement: field('statement'),
    uri: field('uri'),
    chainId: field('chainId'),
    nonce: field('nonce'),
    issuedAtSeconds: Date.parse(field('issued')) / 1000,
    expiresAtSeconds: Date.parse(field('expires')) / 1000,
    resources: field('resources').split('\n- ').slice(1),
  };
  // A date that does not exist, such as the 30th of February.
  return signInText(signIn) === text ? signIn : undefined;
}

/** What names an account among the resources of a text. */
export const accountResource = (account: AccountKey): string =>
  `urn:compute.io.net:account:${account}`;

/** The resource of a text that signs somebody in to a site, for no account. */
export const sessionResource = 'urn:compute.io.net:session';

/** Why a text proves nothing. */
export type SignInFault =
  | 'WrongDomain'
  | 'WrongAccount'
  | 'WrongWallet'
  | 'NotYetValid'
  | 'Expired';

/** What a text has to say. */
export type Expected = Readonly<{
  domain: string;
  account: AccountKey;
  wallet: string;
  nowSeconds: number;
}>;

/** Judges what a text says; whether it is signed, and its nonce ours, is another question. */
export function judgeSignIn(signIn: SignIn, expected: Expected): SignInFault | undefined {
  const { account, wallet } = expected;
  const resource = accountResource(account);
  return judge(signIn, { ...expected, resource, wallet });
}

/** The same for a text by which the holder of any wallet signs in to a site. */
export function judgeSession(
  signIn: SignIn,
  expected: Pick<Expected, 'domain' | 'nowSeconds'>,
): SignInFault | undefined {
  return judge(signIn, { ...expected, resource: sessionResource, wallet: signIn.address });
}

function judge(
  signIn: SignIn,
  expected: Omit<Expected, 'account'> & Readonly<{ resource: string }>,
): SignInFault | undefined {
  const { domain, resource, wallet, nowSeconds } = expected;
  if (signIn.domain !== domain) return 'WrongDomain';
  if (signIn.resources.join('\n') !== resource) return 'WrongAccount';
  if (signIn.address !== wallet) return 'WrongWallet';
  if (signIn.issuedAtSeconds > nowSeconds + skewSeconds) return 'NotYetValid';
  const end = Math.min(signIn.expiresAtSeconds, signIn.issuedAtSeconds + signInSeconds);
  return nowSeconds >= end ? 'Expired' : undefined;
}
