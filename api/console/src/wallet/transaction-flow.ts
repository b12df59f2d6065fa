import type { Answer } from '../client/typed.ts';

/** A transaction that the server built: what it does, in words, before anything is signed. */
export type BuiltTransaction = Answer<'UnsignedTransaction'>;

/**
 * Where a transaction stands. Only `Waiting` and `Done` have something on chain; from everywhere else
 * closing the page leaves nothing behind.
 */
export type Flow =
  | Readonly<{ step: 'Building' }>
  | Readonly<{ step: 'Review'; built: BuiltTransaction }>
  | Readonly<{ step: 'Signing'; built: BuiltTransaction }>
  | Readonly<{ step: 'Sending'; built: BuiltTransaction; signed: string }>
  | Readonly<{ step: 'Waiting'; signature: string }>
  | Readonly<{ step: 'Done'; signature: string }>
  | Readonly<{
      step: 'Failed';
      /** Only after `Unclear` something may still arrive. */
      kind: 'NotBuilt' | 'NotSigned' | 'NotSent' | 'OnChain' | 'Unclear';
      error: unknown;
      built: BuiltTransaction | undefined;
      signature: string | undefined;
    }>;

export type FlowEvent =
  | Readonly<{ type: 'begin' }>
  | Readonly<{ type: 'built'; built: BuiltTransaction }>
  | Readonly<{ type: 'sign' }>
  /** Base64, with the wallet's signature in it. */
  | Readonly<{ type: 'signed'; signed: string }>
  | Readonly<{ type: 'sent'; signature: string }>
  | Readonly<{ type: 'final' }>
  | Readonly<{ type: 'lost'; error: unknown }>
  | Readonly<{ type: 'failed'; error: unknown }>;

export const beginning: Flow = { step: 'Building' };

/** The next step. What does not belong to the present one, such as a late answer, changes nothing. */
export function nextFlow(flow: Flow, event: FlowEvent): Flow {
  switch (event.type) {
    case 'begin':
      return beginning;
    case 'built':
      return flow.step === 'Building' ? { step: 'Review', built: event.built } : flow;
    case 'sign':
      return flow.step === 'Review' ? { step: 'Signing', built: flow.built } : flow;
    case 'signed':
      return flow.step === 'Signing'
        ? { step: 'Sending', built: flow.built, signed: event.signed }
        : flow;
    case 'sent':
      return flow.step === 'Sending' ? { step: 'Waiting', signature: event.signature } : flow;
    case 'final':
      return flow.step === 'Waiting' ? { step: 'Done', signature: flow.signature } : flow;
    case 'lost':
    case 'failed':
      return failed(flow, event);
  }
}

const kindAt = {
  Building: 'NotBuilt',
  Signing: 'NotSigned',
  Sending: 'NotSent',
  Waiting: 'OnChain',
} as const;

function failed(flow: Flow, { type, error }: Readonly<{ type: string; error: unknown }>): Flow {
  if (flow.step === 'Done' || flow.step === 'Failed' || flow.step === 'Review') return flow;
  const built = 'built' in flow ? flow.built : undefined;
  const signature = 'signature' in flow ? flow.signature : undefined;
  const kind = type === 'lost' ? 'Unclear' : kindAt[flow.step];
  return { step: 'Failed', kind, error, built, signature };
}

/** What the wallet's owner reads when it did not work, and what happens on trying again. */
export const failureTitle: Readonly<Record<Extract<Flow, { step: 'Failed' }>['kind'], string>> = {
  NotBuilt: 'It cannot be done now',
  NotSigned: 'It was not signed; nothing was sent',
  NotSent: 'The network did not take it; nothing was moved',
  OnChain: 'The chain refused it; nothing was moved',
  Unclear: 'Nobody can say yet whether it arrived',
};
