import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { AccountView, DeviceView } from '../../../../operator/domain/views/types.ts';
import { Button } from '../design/button.tsx';
import { Card } from '../design/card.tsx';
import { ConfirmDialog } from '../design/dialog.tsx';
import { Facts } from '../design/facts.tsx';
import { TextField } from '../design/fields.tsx';
import { Row, Stack } from '../design/layout.tsx';
import { Meter } from '../design/meter.tsx';
import { useNow } from '../design/use-now.ts';
import { Address, Countdown, Money, Time } from '../design/values.tsx';
import { useAccountOf } from '../id/data.ts';
import { useAmount } from '../id/use-amount.ts';
import TransactionDialog from '../wallet/transaction-dialog.tsx';
import type { TransactionAction } from '../wallet/transactions.ts';
import { cooldownDone, stakeState } from './stake-state.ts';

type StakeAction = Extract<TransactionAction, { device: string }>;
type Wanted = StakeAction['type'];

/** The stake behind a device and what can be done about it. */
export function DeviceStake({ device }: Readonly<{ device: DeviceView }>) {
  const { member, name, stake, account } = device;
  const state = stakeState(stake, useNow(1_000));
  const owner = useAccountOf(account);
  const [asked, setAsked] = useState<'stake' | 'unstake'>();
  const [action, setAction] = useState<StakeAction>();
  const client = useQueryClient();
  // A stake that was withdrawn is gone while the dialog still has to say so.
  if (stake === undefined && action === undefined) return null;
  const at = { member, device: name };
  const ask = (wanted: Wanted): void => {
    if (wanted === 'withdrawStake') setAction({ type: wanted, ...at });
    else setAsked(wanted);
  };
  return (
    <Card title="Stake">
      {stake !== undefined && (
        <Stack gap={4}>
          <StakeFacts stake={stake} missing={state.missing} />
          {isCooling(state) && stake.unlockTime !== undefined && (
            <Cooldown unlockTime={stake.unlockTime} />
          )}
          <StakeButtons may={state.may} onAsk={ask} />
        </Stack>
      )}
      {asked === 'stake' && (
        <StakeForm
          missing={state.missing}
          onCancel={() => setAsked(undefined)}
          onAmount={(amount) => {
            setAsked(undefined);
            setAction({ type: 'stake', ...at, amount });
          }}
        />
      )}
      <ConfirmUnstake
        isOpen={asked === 'unstake'}
        onClose={() => setAsked(undefined)}
        onConfirm={() => {
          setAsked(undefined);
          setAction({ type: 'unstake', ...at });
        }}
      />
      {action !== undefined && (
        <TransactionDialog
          title={titles[action.type]}
          action={action}
          address={provedWallet(owner)}
          onClose={() => setAction(undefined)}
          onDone={() => void client.invalidateQueries({ queryKey: ['device', member, name] })}
        />
      )}
    </Card>
  );
}

const isCooling = ({ kind }: ReturnType<typeof stakeState>): boolean =>
  kind === 'CoolingDown' || kind === 'Withdrawable';

const titles: Readonly<Record<Wanted, string>> = {
  stake: 'Stake behind this device',
  unstake: 'Ask the stake back',
  withdrawStake: 'Withdraw the stake',
};

const provedWallet = (owner: AccountView | undefined): string | undefined =>
  owner?.walletProved === true ? owner.wallet : undefined;

function StakeFacts({
  stake,
  missing,
}: Readonly<{ stake: NonNullable<DeviceView['stake']>; missing: string }>) {
  const { amount, required, escrowed, address } = stake;
  return (
    <Facts
      items={[
        { label: 'Staked', value: <Money amount={amount} asset="IO" /> },
        { label: 'Needed', value: <Money amount={required} asset="IO" /> },
        missing !== '0' && { label: 'Missing', value: <Money amount={missing} asset="IO" /> },
        /[1-9]/.test(escrowed) && {
          label: 'In open cases',
          value: <Money amount={escrowed} asset="IO" />,
        },
        address !== undefined && { label: 'On the chain', value: <Address value={address} /> },
      ]}
    />
  );
}

/** The timer of a stake that was asked back. */
function Cooldown({ unlockTime }: Readonly<{ unlockTime: string }>) {
  const done = cooldownDone(unlockTime, useNow(10_000)) ?? 0;
  return (
    <Stack gap={2}>
      <Meter label="Cooldown" value={done} tone={done === 1 ? 'good' : 'warn'} />
      <p className="wk-hint">
        {done === 1 ? (
          'The cooldown is over: the stake can be withdrawn.'
        ) : (
          <>
            <Countdown to={unlockTime} done="over" /> left, until <Time at={unlockTime} />. It
            counts no more meanwhile, and an open case can still take it.
          </>
        )}
      </p>
    </Stack>
  );
}

function StakeButtons({
  may,
  onAsk,
}: Readonly<{
  may: ReturnType<typeof stakeState>['may'];
  onAsk: (what: Wanted) => void;
}>) {
  return (
    <Row>
      {may.stake && (
        <Button variant="primary" onPress={() => onAsk('stake')}>
          Stake
        </Button>
      )}
      {may.withdraw && (
        <Button variant="primary" onPress={() => onAsk('withdrawStake')}>
          Withdraw stake
        </Button>
      )}
      {may.unstake && <Button onPress={() => onAsk('unstake')}>Ask back</Button>}
    </Row>
  );
}

function StakeForm({
  missing,
  onCancel,
  onAmount,
}: Readonly<{ missing: string; onCancel: () => void; onAmount: (amount: string) => void }>) {
  const field = useAmount('IO', { initial: missing });
  const submit = (): void => {
    const amount = field.submit();
    if (amount !== undefined) onAmount(amount);
  };
  return (
    <ConfirmDialog
      title="Stake behind this device"
      isOpen
      onClose={onCancel}
      onConfirm={submit}
      confirmLabel="Go on to the wallet"
      tone="primary"
    >
      <Stack gap={3}>
        <TextField
          label="Amount"
          value={field.typed}
          onChange={field.change}
          suffix="IO"
          description="What is missing is filled in. More than that earns nothing more."
          error={field.fault}
          isRequired
        />
        <p className="wk-hint">
          It lies behind this one device. You can ask it back at any time; it then cools down for 14
          days. If a case is upheld, it is burnt.
        </p>
      </Stack>
    </ConfirmDialog>
  );
}

function ConfirmUnstake(
  props: Readonly<{ isOpen: boolean; onClose: () => void; onConfirm: () => void }>,
) {
  return (
    <ConfirmDialog {...props} title="Ask the stake back?" confirmLabel="Ask back" tone="danger">
      <p>
        From then on the stake counts no more: the device earns no rewards, and where a stake is
        needed it is not rented. It can be withdrawn after 14 days. There is no way back; to stake
        again you have to withdraw first.
      </p>
    </ConfirmDialog>
  );
}
