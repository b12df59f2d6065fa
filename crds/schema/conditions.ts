/** Makes `{Accepted: 'Accepted', …}`, so that a reason is written once and checked by the compiler. */
function words<const Names extends readonly string[]>(
  ...names: Names
): { readonly [Name in Names[number]]: Name } {
  return Object.fromEntries(names.map((name) => [name, name])) as {
    readonly [Name in Names[number]]: Name;
  };
}

/** Condition types of an IOCluster with the reasons of each. */
export const ioClusterReasons = {
  Valid: words(
    'Accepted',
    'Invalid',
    'AccountNotFound',
    'AccountRequired',
    'PriorityClassNotFound',
  ),
  Quoted: words('Quoted', 'NoQuote', 'PriceUnknown', 'Invalid', 'Suspended', 'Finished'),
  Funded: words(
    'Funded',
    'BudgetLow',
    'BudgetAlmostSpent',
    'BudgetEnding',
    'BudgetExhausted',
    'InsufficientFunds',
    'LedgerUnavailable',
    'NotHeld',
    'NotQuoted',
    'Invalid',
    'Suspended',
    'Finished',
  ),
  Admitted: words(
    'Admitted',
    'Pending',
    'InsufficientFunds',
    'BudgetExhausted',
    'LedgerUnavailable',
    'PriceUnknown',
    'NoCapacity',
    'NoMatchingDevices',
    'OverBudget',
    'QuotaExceeded',
    'Suspended',
    'Invalid',
    'Finished',
  ),
  Placed: words(
    'Placed',
    'Waiting',
    'Suspended',
    'Released',
    'MemberLost',
    'MemberDraining',
    'ScaleUpWaiting',
    'DeviceBroken',
    'Finished',
  ),
  Provisioned: words('Provisioned', 'Applying', 'RefusedByMember', 'NotPlaced', 'Releasing'),
  Ready: words(
    'Ready',
    'Invalid',
    'NotAdmitted',
    'NotPlaced',
    'NotProvisioned',
    'HeadNotReady',
    'WorkersNotReady',
    'HeldByQueue',
    'MemberUnreachable',
    'Suspended',
    'Finished',
  ),
  Metering: words('Metering', 'NotStarted', 'Stalled', 'NotLeased'),
  Finished: words('Running', 'TTLExpired', 'BudgetExhausted', 'MemberGone'),
} as const;

/** Conditions of an IOCluster that only a hub with a ledger sets. */
export const ioClusterMoneyConditions = ['Quoted', 'Funded', 'Metering'] as const;

/** Condition types of an IODevice with the reasons of each. */
export const ioDeviceReasons = {
  Identified: words('Identified', 'DuplicateUuid', 'UnknownProduct', 'IncompleteLabels'),
  Verified: words(
    'InventoryMatches',
    'NotIdentified',
    'UnknownModel',
    'MemoryMismatch',
    'FamilyMismatch',
    'ComputeCapabilityMismatch',
    'MigProfileMismatch',
    'SharedDevice',
  ),
  Staked: words(
    'StakingDisabled',
    'ChainUnavailable',
    'Staked',
    'NotStaked',
    'OtherWallet',
    'WalletNotProved',
    'BelowMinimum',
    'Slashed',
    'CoolingDown',
  ),
  Healthy: words(
    'Healthy',
    'NodeNotReady',
    'NotAllocatable',
    'XidError',
    'EccError',
    'RowRemapFailure',
    'Overheated',
    'DeviceMissing',
    'NodeReportsFault',
  ),
  Offered: words(
    'Offered',
    'NoOffer',
    'Cordoned',
    'NotVerified',
    'NotStaked',
    'NodeUnschedulable',
    'NotHealthy',
  ),
  Leased: words('Leased', 'Free'),
  Slashed: words('NoCase', 'CaseOpen', 'CaseAppealed', 'Burnt'),
} as const;

/** Condition types of an IOMember with the reasons of each. */
export const ioMemberReasons = {
  Accepted: words('Accepted', 'NotAccepted', 'Denied'),
  /** Only of a member whose agent asked for its certificate here. */
  Joined: words('CertificateIssued', 'AwaitingAcceptance', 'RejoinPending', 'Denied', 'Refused'),
  Connected: words(
    'HeartbeatsArrive',
    'HeartbeatLate',
    'NoHeartbeat',
    'NeverConnected',
    'NotAccepted',
    'OtherCluster',
    'DuplicateCluster',
  ),
  /** True: what ran there has stopped, or counts as stopped, since its agent was silent too long. */
  Fenced: words('NotFenced', 'SilentTooLong', 'NotConnected'),
  /** Only while spec.drain, or the data centre, wants everything off. */
  Drained: words('Draining', 'Drained'),
  /** Only of a member whose agent meters. */
  Metering: words('Recording', 'SpoolFull', 'SpoolFailed', 'NotConnected', 'NotMetered'),
  Schedulable: words(
    'Schedulable',
    'Cordoned',
    'CordonedByMember',
    'Draining',
    'NotConnected',
    'HeartbeatLate',
    'NotAccepted',
    'NotMetering',
    'NoOffers',
  ),
} as const;

/** Condition types of an IOPlacement with the reasons of each. */
export const ioPlacementReasons = {
  Accepted: words(
    'Accepted',
    'RefusedDeviceUnknown',
    'RefusedDeviceUnhealthy',
    'RefusedWrongMember',
    'RefusedInvalid',
    'RefusedImage',
    'RefusedTooLarge',
    'RefusedCordoned',
    'RefusedQueue',
  ),
  Applied: words('Applied', 'NotAccepted', 'Failed', 'Conflict', 'Removing', 'Fenced'),
  Ready: words(
    'Ready',
    'NotApplied',
    'HeadNotReady',
    'WorkersNotReady',
    'RayClusterFailed',
    'RayClusterMissing',
    'HeldByQueue',
  ),
} as const;

/** Condition types of an IOAccount with the reasons of each. */
export const ioAccountReasons = {
  Ready: words('Ready', 'WalletMissing', 'QuotaExceeded'),
  /** Only of a hub with a chain: whether spec.wallet has signed that it is the account's. */
  WalletProved: words('Proved', 'NotProved', 'WalletMissing'),
  /** Only of a hub that mirrors the chain: whether it and the ledger agree about the account. */
  Reconciled: words('Reconciled', 'Drifted'),
} as const;

/** Condition types of an IOSlashCase with the reasons of each. */
export const ioSlashCaseReasons = {
  Opened: words(
    'Opened',
    'ChainUnavailable',
    'DeviceNotFound',
    'NotStaked',
    'CapReached',
    'Paused',
    'Recording',
    'Refused',
  ),
  Appealed: words('NotOpened', 'NotAppealed', 'Appealed', 'DeadlinePassed'),
  Resolved: words('Pending', 'Burning', 'Reversing', 'Refused', 'Upheld', 'Reversed', 'Burned'),
} as const;

/** `IOClusterReason<'Ready'>` is the union of the reasons of Ready. */
type ReasonOf<Reasons, Type extends keyof Reasons> = keyof Reasons[Type] & string;

export type IOClusterConditionType = keyof typeof ioClusterReasons;
export type IOClusterReason<Type extends IOClusterConditionType = IOClusterConditionType> =
  ReasonOf<typeof ioClusterReasons, Type>;
export type IODeviceConditionType = keyof typeof ioDeviceReasons;
export type IODeviceReason<Type extends IODeviceConditionType = IODeviceConditionType> = ReasonOf<
  typeof ioDeviceReasons,
  Type
>;
export type IOMemberConditionType = keyof typeof ioMemberReasons;
export type IOMemberReason<Type extends IOMemberConditionType = IOMemberConditionType> = ReasonOf<
  typeof ioMemberReasons,
  Type
>;
export type IOPlacementConditionType = keyof typeof ioPlacementReasons;
export type IOPlacementReason<Type extends IOPlacementConditionType = IOPlacementConditionType> =
  ReasonOf<typeof ioPlacementReasons, Type>;
export type IOAccountConditionType = keyof typeof ioAccountReasons;
export type IOAccountReason<Type extends IOAccountConditionType = IOAccountConditionType> =
  ReasonOf<typeof ioAccountReasons, Type>;
export type IOSlashCaseConditionType = keyof typeof ioSlashCaseReasons;
export type IOSlashCaseReason<Type extends IOSlashCaseConditionType = IOSlashCaseConditionType> =
  ReasonOf<typeof ioSlashCaseReasons, Type>;
