/** What the program does on the chain, in words for people. */
const words = {
  Deposited: 'An account paid in',
  Received: 'Tokens came into custody by a plain transfer',
  PaidOut: 'Accounts were paid out',
  Staked: 'A stake was put behind a device',
  UnstakeRequested: 'A stake was asked back: its cooldown begins',
  Withdrawn: 'A stake went back to its owner',
  Claimed: 'A wallet claimed block rewards',
  RootPublished: 'A root of rewards was published',
  RootCancelled: 'A root of rewards was taken back',
  RewardsFunded: 'The pool of rewards was filled',
  CaseOpened: 'A stake is accused, and was set aside',
  CaseAppealed: 'An accused owner appealed',
  CaseReversed: 'An accusation was dropped: the stake went back',
  CaseBurnt: 'A stake was burnt',
  OperationClosed: 'The note of a finished payout was removed',
  PauseChanged: 'Payments were paused or went on',
  AuthorityProposed: 'A role was offered to another key',
  AuthorityAccepted: 'A role went to another key',
  Initialized: 'The program was set up',
} as const;

export type ChainEventKind = keyof typeof words;

export const chainEventKinds = Object.keys(words) as readonly ChainEventKind[];

/** The kind that an address asks for; undefined for all. */
export function chainEventKind(text: string | undefined): ChainEventKind | undefined {
  return chainEventKinds.find((kind) => kind === text);
}

/** What happened; the kind itself where a later program knows more than this page. */
export function chainEventText(kind: string): string {
  const known = chainEventKind(kind);
  return known === undefined ? kind : words[known];
}
