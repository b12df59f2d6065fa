import type { DeviceState } from '../domain/views/device.ts';
import type { NetworkSums } from '../domain/views/network.ts';
import type {
  AccountView,
  CaseView,
  ClusterView,
  DeviceView,
  MemberView,
} from '../domain/views/types.ts';

/** Kinds of objects that have views, in the order in which they are written. */
export const viewKinds = ['account', 'member', 'cluster', 'case', 'device'] as const;
export type ViewKind = (typeof viewKinds)[number];

/** Which view: its scope is a namespace, a member, or empty for a member itself. */
export type ViewKey = Readonly<{ kind: ViewKind; scope: string; name: string }>;

/** A view as it is written, with what it is found by. */
export type ViewRow = Readonly<{
  scope: string;
  name: string;
  /** Of what it was made from: the same version is the same view. */
  version: string;
}> &
  (
    | Readonly<{
        kind: 'cluster';
        view: ClusterView;
        account: string;
        /** Its place in the line for devices; undefined while it does not stand there. */
        line: Readonly<{ priority: number; since: string }> | undefined;
      }>
    | Readonly<{
        kind: 'device';
        view: DeviceView;
        account: string;
        model: string;
        state: DeviceState;
      }>
    | Readonly<{ kind: 'member'; view: MemberView; account: string }>
    | Readonly<{ kind: 'case'; view: CaseView; account: string }>
    | Readonly<{ kind: 'account'; view: Omit<AccountView, 'balances' | 'walletProved'> }>
  );

/** What changed: at most some thousand of both together. A key is in one of the lists, once. */
export type ViewBatch = Readonly<{ rows: readonly ViewRow[]; gone: readonly ViewKey[] }>;

/** Another hub took over writing: what this one knows may be old. */
export class ViewsTakenOverError extends Error {
  override readonly name = 'ViewsTakenOverError';
}

/** The store takes none of a batch, since of one view it cannot be kept; asking again does not help. */
export class ViewsRefusedError extends Error {
  override readonly name = 'ViewsRefusedError';
}

/**
 * Writes what people look at. There is one writer at a time, the one that took over last; calls of
 * another throw ViewsTakenOverError, and every call may throw StoreUnavailableError.
 */
export type ViewWriter = Readonly<{
  /** From now on this one writes. Returns its term, which is given with every call. */
  takeOver: () => Promise<number>;
  /** What is stored of a kind after a key, ordered by scope and name: at most `limit`. */
  stored: (
    kind: ViewKind,
    after: Readonly<{ scope: string; name: string }> | undefined,
    limit: number,
  ) => Promise<readonly Readonly<{ scope: string; name: string; version: string }>[]>;
  /** Writes all of it or nothing, and tells those who look. May throw ViewsRefusedError. */
  write: (term: number, batch: ViewBatch) => Promise<void>;
  /** Writes sums, and points of the history when their time has come. */
  writeSums: (term: number, sums: NetworkSums, nowSeconds: number) => Promise<void>;
}>;
