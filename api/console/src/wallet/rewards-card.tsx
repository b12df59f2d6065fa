import { useState } from 'react';
import { formatAmount } from '../../../../operator/domain/pricing/assets.ts';
import { ApiProblem } from '../client/problem.ts';
import { useApi } from '../client/use-api.ts';
import { Button, ButtonLink } from '../design/button.tsx';
import { Card } from '../design/card.tsx';
import { Row, Stack } from '../design/layout.tsx';
import { ErrorState, Skeleton } from '../design/state.tsx';
import { Address, Money } from '../design/values.tsx';
import TransactionDialog from './transaction-dialog.tsx';
import './wallet.css';

/** What anybody needs to claim the rewards of a wallet; totals are base units of IO. */
type RewardProof = Readonly<{ total: string; epoch: number }>;

/** Block rewards of an account's wallet, and claiming them. */
export function RewardsCard({
  wallet,
  walletProved,
}: Readonly<{ wallet: string | undefined; walletProved: boolean }>) {
  if (wallet === undefined || wallet === '' || !walletProved) {
    return (
      <Card title="Block rewards">
        <Stack gap={3}>
          <p>
            Rewards are kept until the account has proved a wallet; those from before come in with
            the first one.
          </p>
          <Row>
            <ButtonLink to="/id/wallet">Prove a wallet</ButtonLink>
          </Row>
        </Stack>
      </Card>
    );
  }
  return (
    <Card title="Block rewards">
      <Claim wallet={wallet} />
    </Card>
  );
}

function Claim({ wallet }: Readonly<{ wallet: string }>) {
  const [isOpen, setOpen] = useState(false);
  const path = `/rewards/proofs/${encodeURIComponent(wallet)}`;
  const proof = useApi<RewardProof>(['epoch', { proof: wallet }], path);
  if (proof.data === undefined) return <NoProof error={proof.error} />;
  const { total, epoch } = proof.data;
  return (
    <Stack gap={3}>
      <p>
        <Money amount={amountOf(total)} asset="IO" /> so far, up to epoch {epoch}, for{' '}
        <Address value={wallet} />
      </p>
      <p className="wl-hint">
        That is all it ever got. Claiming pays what of it was not claimed yet; the transaction says
        how much that is before you sign.
      </p>
      <Row>
        <Button variant="primary" onPress={() => setOpen(true)}>
          Claim
        </Button>
      </Row>
      {isOpen && (
        <TransactionDialog
          title="Claim block rewards"
          action={{ type: 'claim' }}
          address={wallet}
          onClose={() => setOpen(false)}
          onDone={() => void proof.refetch()}
        />
      )}
    </Stack>
  );
}

function NoProof({ error }: Readonly<{ error: unknown }>) {
  if (error === null) return <Skeleton lines={2} />;
  if (!(error instanceof ApiProblem) || error.status !== 404) return <ErrorState error={error} />;
  return (
    <p>Nothing to claim yet. An hour’s rewards come in once it is over and its root was checked.</p>
  );
}

const amountOf = (units: string): string =>
  /^[0-9]{1,40}$/.test(units) ? formatAmount(BigInt(units), 'IO') : units;
