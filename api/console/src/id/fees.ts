import type { Asset } from '../../../../operator/domain/ledger/types.ts';
import { addDecimals, basisPointsOf, subtractDecimals } from './decimal.ts';
import { decimalsOf } from './amount-input.ts';

/** In basis points of what a lease costs; as the network's fee schedule has them by default. */
export const feeRates = { renter: 25, supplier: 25, usdc: 200 } as const;

export type FeeLine = Readonly<{
  name: string;
  who: 'Renter' | 'Supplier';
  /** In percent, as text. */
  rate: string;
  amount: string;
  why: string;
}>;

export type FeeBreakdown = Readonly<{
  lines: readonly FeeLine[];
  /** What the renter pays in all, and what the supplier keeps. */
  paid: string;
  kept: string;
}>;

/** What is taken of a lease that costs `price`, who bears it, and why. */
export function feeBreakdown(price: string, asset: Asset): FeeBreakdown {
  const part = (points: number): string => basisPointsOf(price, points, decimalsOf[asset]);
  const lines: FeeLine[] = [
    {
      name: 'Reservation, renter’s part',
      who: 'Renter',
      rate: '0.25 %',
      amount: part(feeRates.renter),
      why: 'For holding the devices while they are rented.',
    },
    {
      name: 'Payment in USDC',
      who: 'Renter',
      rate: asset === 'USDC' ? '2 %' : '0 %',
      amount: part(asset === 'USDC' ? feeRates.usdc : 0),
      why:
        asset === 'USDC'
          ? 'Leases that are paid in IO do not have it.'
          : 'Not taken, since the lease is paid in IO.',
    },
    {
      name: 'Reservation, supplier’s part',
      who: 'Supplier',
      rate: '0.25 %',
      amount: part(feeRates.supplier),
      why: 'Of what the lease earns. Block rewards have no fee.',
    },
  ];
  const [reservation, usdc, supplier] = lines.map(({ amount }) => amount);
  return {
    lines,
    paid: addDecimals(price, addDecimals(reservation ?? '0', usdc ?? '0')),
    kept: subtractDecimals(price, supplier ?? '0'),
  };
}
