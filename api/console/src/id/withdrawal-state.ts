import type { Tone } from '../design/tone.ts';

/** A withdrawal as `GET …/withdrawals` tells it. */
export type Withdrawal = Readonly<{
  id: string;
  reference: string;
  cause: 'Withdrawal' | 'Payout';
  asset: 'USDC' | 'IO';
  amount: string;
  wallet: string;
  askedAt: string;
  state: 'Waiting' | 'Sent' | 'Paid' | 'Returned';
  signature: string | null;
  reason: string;
}>;

export type WithdrawalStage = Readonly<{
  tone: Tone;
  label: string;
  text: string;
}>;

export function withdrawalStage({
  state,
  reason,
}: Pick<Withdrawal, 'state' | 'reason'>): WithdrawalStage {
  switch (state) {
    case 'Waiting':
      return { tone: 'neutral', label: 'Waits for its batch', text: reason };
    case 'Sent':
      return { tone: 'warn', label: 'On its way', text: 'Sent; waits until the chain is final.' };
    case 'Paid':
      return { tone: 'good', label: 'In your wallet', text: '' };
    case 'Returned':
      return { tone: 'bad', label: 'Came back', text: reason };
  }
}
