/** What the network tells of something, to whom, and why no more. */
export type PublicFact = Readonly<{
  what: string;
  told: 'Everybody' | 'Its owner' | 'Nobody';
  text: string;
}>;

/** docs/console.md has the same under Privacy; public-facts.test.ts compares them. */
export const publicFacts: readonly PublicFact[] = [
  {
    what: 'GPUs by model: all, rented, free, wanted, and prices',
    told: 'Everybody',
    text: 'as sums over all data centres, and the lowest, middle and highest price',
  },
  {
    what: 'GPUs by country',
    told: 'Everybody',
    text: 'where three data centres or more stand together; fewer are counted with their continent',
  },
  {
    what: 'Epochs: leases, GPU hours, emission, digests and chain',
    told: 'Everybody',
    text: 'as sums; a digest tells nothing of what it covers, but shows when it was changed',
  },
  {
    what: 'Rewards of a wallet, and its proof',
    told: 'Everybody',
    text: 'by the wallet’s address, as on the chain; which account it belongs to is not told',
  },
  {
    what: 'Transactions of the program',
    told: 'Everybody',
    text: 'as on the chain, where wallets and amounts are public anyway',
  },
  {
    what: 'Names of accounts, data centres, devices and clusters',
    told: 'Its owner',
    text: 'and to nobody else who asks: a name that is not yours does not exist',
  },
  {
    what: 'What somebody rents, runs, pays or earns',
    told: 'Its owner',
    text: 'balances, leases, statements and invoices',
  },
  {
    what: 'A device’s uuid, node, health, temperature and use',
    told: 'Its owner',
    text: 'the data centre that it stands in',
  },
  {
    what: 'What runs on a rented GPU: code, data, traffic',
    told: 'Nobody',
    text: 'of requests through the gateway, time, path and size are kept for the cluster’s owner',
  },
];
