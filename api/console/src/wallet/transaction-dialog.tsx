import { useEffect, useEffectEvent, useState } from 'react';
import { useSite } from '../app/session.ts';
import { Button } from '../design/button.tsx';
import { Dialog } from '../design/dialog.tsx';
import { Row, Stack } from '../design/layout.tsx';
import { ExternalLink } from '../design/link.tsx';
import { ErrorState, Notice, Skeleton } from '../design/state.tsx';
import { Address, Name } from '../design/values.tsx';
import { transactionUrl } from '../explorer/links.ts';
import { forgetSigner, type Signer, signerOf } from './signer.ts';
import { WalletError } from './standard.ts';
import { failureTitle, type Flow } from './transaction-flow.ts';
import type { TransactionAction } from './transactions.ts';
import { useTransaction } from './use-transaction.ts';
import { WalletPicker } from './wallet-picker.tsx';

type TransactionProps = Readonly<{
  title: string;
  action: TransactionAction;
  /** The wallet that has to sign; undefined: whichever the person connects. */
  address?: string | undefined;
  onClose: () => void;
  /** The chain has it. */
  onDone: () => void;
}>;

/**
 * Asks a wallet to sign what the server built, after showing what it is. Rendered while it is open;
 * closing it before the signature leaves nothing behind.
 */
export default function TransactionDialog(props: TransactionProps) {
  const { title, address, onClose } = props;
  const [signer, setSigner] = useState(signerOf(address));
  const change = (): void => {
    if (signer !== undefined) forgetSigner(signer.account.address);
    setSigner(undefined);
  };
  return (
    <Dialog title={title} isOpen onClose={onClose}>
      {signer === undefined ? (
        <WalletPicker address={address} onPick={setSigner} />
      ) : (
        <Steps {...props} signer={signer} onChangeWallet={change} />
      )}
    </Dialog>
  );
}

function Steps({
  action,
  signer,
  onClose,
  onDone,
  onChangeWallet,
}: TransactionProps & Readonly<{ signer: Signer; onChangeWallet: () => void }>) {
  const { flow, sign, begin } = useTransaction(action, signer);
  const isDone = flow.step === 'Done';
  const tell = useEffectEvent(onDone);
  useEffect(() => {
    if (isDone) tell();
  }, [isDone]);
  return (
    <Stack gap={4}>
      <SignedBy signer={signer} onChange={canChange(flow) ? onChangeWallet : undefined} />
      <Summary flow={flow} />
      <div role="status">
        <Progress flow={flow} name={signer.wallet.name} />
      </div>
      <Row justify="end">
        <FlowActions flow={flow} sign={sign} begin={begin} onClose={onClose} />
      </Row>
    </Stack>
  );
}

const canChange = ({ step }: Flow): boolean => step === 'Review' || step === 'Failed';

function SignedBy({
  signer: { wallet, account },
  onChange,
}: Readonly<{ signer: Signer; onChange: (() => void) | undefined }>) {
  return (
    <Row justify="between">
      <span className="wl-signer">
        <Name>{wallet.name}</Name> <Address value={account.address} />
      </span>
      {onChange !== undefined && (
        <Button variant="quiet" size="s" onPress={onChange}>
          Other wallet
        </Button>
      )}
    </Row>
  );
}

function Summary({ flow }: Readonly<{ flow: Flow }>) {
  if (flow.step === 'Building') return <Skeleton lines={3} label="The transaction is being made" />;
  if (!('built' in flow) || flow.built === undefined) return null;
  return (
    <ul className="wl-summary" aria-label="What you sign">
      {flow.built.summary.map((line) => (
        <li key={line}>
          <bdi>{line}</bdi>
        </li>
      ))}
    </ul>
  );
}

function Progress({ flow, name }: Readonly<{ flow: Flow; name: string }>) {
  switch (flow.step) {
    case 'Building':
      return null;
    case 'Review':
      return (
        <p className="wl-hint">
          Nothing happens before you agree in your wallet. It only signs; this site sends it.
        </p>
      );
    case 'Signing':
      return <Notice tone="info">Look at {name}: it asks you to agree.</Notice>;
    case 'Sending':
      return <Notice tone="info">Signed; it is being sent.</Notice>;
    case 'Waiting':
      return (
        <Notice tone="info" title="Sent">
          It waits until the chain is final, some 15 seconds. You can close this.{' '}
          <OnChain signature={flow.signature} />
        </Notice>
      );
    case 'Done':
      return (
        <Notice tone="good" title="Done">
          It is final on the chain. Pages follow within seconds.{' '}
          <OnChain signature={flow.signature} />
        </Notice>
      );
    case 'Failed':
      return <Failure flow={flow} />;
  }
}

function Failure({ flow }: Readonly<{ flow: Extract<Flow, { step: 'Failed' }> }>) {
  const { kind, error, signature } = flow;
  const title = failureTitle[kind];
  const after = signature === undefined ? null : <OnChain signature={signature} />;
  if (error instanceof WalletError) {
    return (
      <Notice tone="warn" title={title}>
        {error.message}
      </Notice>
    );
  }
  return (
    <Stack gap={2}>
      <ErrorState error={error} title={title} />
      {kind === 'Unclear' && (
        <p className="wl-hint">
          Look at the page again in a minute before you try it once more: what was sent may still
          arrive.
        </p>
      )}
      {after}
    </Stack>
  );
}

function FlowActions({
  flow,
  sign,
  begin,
  onClose,
}: Readonly<{ flow: Flow; sign: () => void; begin: () => void; onClose: () => void }>) {
  const mayAgain = flow.step === 'Failed' && flow.kind !== 'Unclear';
  return (
    <>
      <Button variant="quiet" onPress={onClose} isDisabled={flow.step === 'Sending'}>
        {flow.step === 'Done' || flow.step === 'Waiting' ? 'Close' : 'Cancel'}
      </Button>
      {(flow.step === 'Review' || flow.step === 'Signing') && (
        <Button variant="primary" onPress={sign} isPending={flow.step === 'Signing'}>
          Sign in wallet
        </Button>
      )}
      {mayAgain && (
        <Button variant="primary" onPress={begin}>
          Try again
        </Button>
      )}
    </>
  );
}

function OnChain({ signature }: Readonly<{ signature: string }>) {
  const href = transactionUrl(useSite()?.explorerUrlTemplate, signature);
  return href === undefined ? (
    <Address value={signature} />
  ) : (
    <ExternalLink href={href}>See it on the chain</ExternalLink>
  );
}
