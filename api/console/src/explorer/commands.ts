/** Commands that compute an epoch again, for a terminal. */
export type Recipe = Readonly<{ title: string; who: string; code: string }>;

export function recipes(epoch: number | undefined): readonly Recipe[] {
  const which = epoch === undefined ? '' : ` --epoch ${epoch}`;
  const span = epoch === undefined ? '--from 1' : `--from ${epoch} --to ${epoch}`;
  return [
    {
      title: 'The root of rewards, from all wallets and totals',
      who: 'Who runs the network, and whom they give the folder to: it has wallets and totals.',
      code: [
        `io-operator rewards-bundle${which} --out ./rewards`,
        'node docs/recompute/leaves.mjs ./rewards',
      ].join('\n'),
    },
    {
      title: 'Charges, transfers, digests, scores and rewards, from usage on',
      who: 'Auditors: this bundle has names of accounts and what they paid, and is not published.',
      code: [
        `io-operator audit ${span} --out ./audit`,
        'node docs/recompute/recompute.mjs ./audit',
      ].join('\n'),
    },
  ];
}
