import type { Rung } from './ladder.ts';

/** What a person does about a rung that fails, and where. */
export type NextStep = Readonly<{
  title: string;
  text: string;
  /** What the page offers to do it with. */
  action: 'stake' | 'withdrawStake' | 'proveWallet' | 'seeCase' | 'seeMember' | 'none';
}>;

type Advice = readonly [title: string, text: string, action?: NextStep['action']];

/** By the reason that the hub gives. Each reason of a rung that can fail has its advice. */
const adviceOf: Readonly<Record<string, Advice>> = {
  DuplicateUuid: [
    'Another data centre reports the same GPU',
    'Both are held back until one of them lets it go. If the GPU moved here, ' +
      'remove the old node from the other cluster.',
  ],
  UnknownProduct: [
    'The GPU’s product name is not known',
    'Check that GPU feature discovery runs and that the node has the label nvidia.com/gpu.product.',
  ],
  IncompleteLabels: [
    'Labels of the node are missing',
    'Let GPU feature discovery finish, or restart its pod on this node. The message says which label is missing.',
  ],
  NotIdentified: ['It is not identified yet', 'See the rung before: verification comes after it.'],
  UnknownModel: [
    'This model is not in the catalogue',
    'Only models that the network knows are rented. Ask its operators to add it.',
  ],
  MemoryMismatch: [
    'Memory and product do not belong together',
    'Compare nvidia-smi on the node with the label nvidia.com/gpu.memory; labels may be of an earlier GPU.',
  ],
  FamilyMismatch: [
    'GPU family and product do not belong together',
    'Remove labels that were set by hand and let GPU feature discovery write them again.',
  ],
  ComputeCapabilityMismatch: [
    'Compute capability and product do not belong together',
    'Remove labels that were set by hand and let GPU feature discovery write them again.',
  ],
  MigProfileMismatch: [
    'This slice does not exist on this model',
    'Set a MIG configuration that the model has, then let the device plugin restart.',
  ],
  SharedDevice: [
    'The GPU is shared by several pods',
    'Renters get whole devices: switch time-slicing and MPS off in the configuration of the device plugin.',
  ],
  ChainUnavailable: [
    'The chain is not heard at the moment',
    'Nothing to do: the stake is looked at again by itself once the chain answers.',
  ],
  NotStaked: [
    'Stake IO behind it',
    'Sign once with the wallet of the account. You can ask the stake back at any time; it then cools down for 14 days.',
    'stake',
  ],
  OtherWallet: [
    'Another wallet staked here',
    'Only the stake of the account’s own proved wallet counts. Stake with that one.',
    'stake',
  ],
  WalletNotProved: [
    'Prove your wallet first',
    'A stake counts once the account has proved whose wallet it is. It costs nothing.',
    'proveWallet',
  ],
  BelowMinimum: [
    'The stake is too small',
    'Add what is missing; what is there already stays where it is.',
    'stake',
  ],
  Slashed: [
    'Part of the stake lies in an open case',
    'Answer the case, or add what is missing in the meantime.',
    'seeCase',
  ],
  CoolingDown: [
    'The stake was asked back',
    'It does not count any more and cannot be taken up again. Withdraw it when the cooldown is over, then stake anew.',
    'withdrawStake',
  ],
  NodeNotReady: [
    'Its node is not ready',
    'Look at the node: kubectl describe node. The device comes back by itself when the node is Ready.',
  ],
  NotAllocatable: [
    'The device plugin does not hand it out',
    'Look at the log of NVIDIA’s device plugin on this node; restarting its pod often helps.',
  ],
  XidError: [
    'The driver reported an error (XID)',
    'Look the number up in NVIDIA’s list. A GPU that needs a reset comes back after the node was restarted.',
  ],
  EccError: [
    'Memory errors were counted',
    'Drain the node and reset the GPU. If it comes again, have the GPU replaced.',
  ],
  RowRemapFailure: [
    'Memory rows could not be remapped',
    'The GPU has no spare rows left: have it replaced.',
  ],
  Overheated: [
    'It was too hot',
    'Look at fans, airflow and the room. It comes back by itself once it has been cool for a while.',
  ],
  DeviceMissing: [
    'The driver does not see it any more',
    'Restart the node. If the GPU stays away, look at its seat and power.',
  ],
  NodeReportsFault: [
    'The node says that its GPU is faulty',
    'A condition of the node says so (kubectl describe node). It comes back when the condition is gone.',
  ],
  NoOffer: [
    'It has no price',
    'Name a price of this model in the values of the chart io-member (member.offers) and upgrade it.',
    'seeMember',
  ],
  Cordoned: [
    'The data centre is cordoned',
    'Nothing new is placed there until it is uncordoned.',
    'seeMember',
  ],
  NotVerified: [
    'It is not verified yet',
    'See the rungs before: only verified devices are rented.',
  ],
  NodeUnschedulable: ['Its node takes no pods', 'kubectl uncordon lets it take pods again.'],
  NotHealthy: ['It is not healthy', 'See the rung Healthy for what is wrong.'],
};

/** What to do at the rung that fails. A reason that this page does not know says what the hub says. */
export function nextStepOf(rung: Rung): NextStep {
  if (!Object.hasOwn(adviceOf, rung.reason)) {
    const text =
      rung.message === '' ? 'The hub has not looked at it yet; it will soon.' : rung.message;
    return { title: `${rung.name} comes next`, text, action: 'none' };
  }
  const [title, text, action = 'none'] = adviceOf[rung.reason] as Advice;
  return { title, text, action };
}

/** What each rung means, for who sees the ladder for the first time. */
export const rungMeaning: Readonly<Record<Rung['name'], string>> = {
  Identified: 'The hub knows which GPU it is, and that nobody else reports it.',
  Verified: 'Everything that the node says about it fits the model.',
  Staked: 'The stake that this model needs lies behind it.',
  Healthy: 'Driver, memory, temperature and node are in order.',
  Offered: 'It has a price and takes renters.',
  Leased: 'Somebody rents it; it earns for every second that works.',
};
