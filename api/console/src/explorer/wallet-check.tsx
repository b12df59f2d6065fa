import { type FormEvent, useState } from 'react';
import { Button } from '../design/button.tsx';
import { DataTable } from '../design/data-table.tsx';
import { Disclosure } from '../design/disclosure.tsx';
import { Facts } from '../design/facts.tsx';
import { TextField } from '../design/fields.tsx';
import { Stack } from '../design/layout.tsx';
import { EmptyState, Notice, Skeleton } from '../design/state.tsx';
import { Count, Money } from '../design/values.tsx';
import { useProof } from './data.ts';
import { Hash } from './hash.tsx';
import { Known } from './known.tsx';
import { ioOfUnits } from './units.ts';
import { addressOf } from './verify/base58.ts';
import { checkProof, type ProofAnswer, type ProofCheck, type ProofStep } from './verify/proof.ts';
import { sha256 } from './verify/sha256.ts';
import './explorer.css';

const addressFault = 'An address is 32 to 44 letters and digits, without 0, O, I and l.';

/** Asks for a wallet, and computes the root from its proof. */
export function WalletCheck({ epoch }: Readonly<{ epoch: number }>) {
  const [typed, setTyped] = useState('');
  const [wallet, setWallet] = useState<string>();
  const [error, setError] = useState<string>();
  const check = (event: FormEvent) => {
    event.preventDefault();
    const address = typed.trim();
    const isAddress = addressOf(address) !== undefined;
    setError(isAddress ? undefined : addressFault);
    setWallet(isAddress ? address : undefined);
  };
  return (
    <Stack gap={4}>
      <form className="ex-form" onSubmit={check} noValidate>
        <TextField
          label="Wallet"
          description="Any address; the chain shows what each has got as well."
          value={typed}
          onChange={setTyped}
          error={error}
          autoComplete="off"
        />
        <Button type="submit" variant="primary">
          Compute the root
        </Button>
      </form>
      <div aria-live="polite">
        {wallet !== undefined && <Outcome wallet={wallet} epoch={epoch} />}
      </div>
    </Stack>
  );
}

function Outcome({ wallet, epoch }: Readonly<{ wallet: string; epoch: number }>) {
  const proof = useProof(wallet, epoch);
  return (
    <Known query={proof} skeleton={<Skeleton lines={4} />} missing={<NoRewards />}>
      {(answer) => <Computed answer={answer} check={checkProof(answer, sha256)} />}
    </Known>
  );
}

function NoRewards() {
  return (
    <EmptyState title="This wallet has no rewards in this root">
      It gets its place with its first reward, once its account has proved it.
    </EmptyState>
  );
}

function Computed({ answer, check }: Readonly<{ answer: ProofAnswer; check: ProofCheck }>) {
  if (check.kind === 'Unreadable') {
    return (
      <Notice tone="bad" title="This is no proof">
        What this site answered cannot be right: {check.fault}.
      </Notice>
    );
  }
  const { isRight, leaf, root, steps } = check;
  return (
    <Stack gap={4}>
      {isRight ? (
        <Notice tone="good" title="The root is right">
          This wallet’s total and its proof lead to the root above.
        </Notice>
      ) : (
        <Notice tone="bad" title="The root differs">
          This wallet’s total and its proof lead to another root than this site tells. Do not
          believe it: compare both with the chain.
        </Notice>
      )}
      <Facts
        items={[
          { label: 'Total so far', value: <Money amount={ioOfUnits(answer.total)} asset="IO" /> },
          { label: 'Place in the tree', value: <Count value={answer.index} /> },
          { label: 'Leaf', value: <Hash value={leaf} label="leaf" /> },
          { label: 'Computed root', value: <Hash value={root} label="computed root" /> },
        ]}
      />
      <Disclosure title={`The ${steps.length} hashes from the leaf to the root`}>
        <Steps steps={steps} />
      </Disclosure>
    </Stack>
  );
}

function Steps({ steps }: Readonly<{ steps: readonly ProofStep[] }>) {
  return (
    <DataTable<ProofStep>
      caption="Proof: at each level the node is hashed with its neighbour"
      rows={[...steps]}
      rowKey={({ level }) => String(level)}
      empty={<EmptyState title="The tree has one wallet: its leaf is the root" />}
      columns={[
        { id: 'level', header: 'Level', narrow: 'title', cell: ({ level }) => level },
        { id: 'side', header: 'Neighbour on the', cell: ({ side }) => side },
        {
          id: 'sibling',
          header: 'Its hash',
          cell: ({ sibling }) => <Hash value={sibling} label="hash" />,
        },
      ]}
    />
  );
}
