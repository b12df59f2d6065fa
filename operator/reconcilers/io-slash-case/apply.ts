import {
  finalizers,
  type IOCluster,
  type IODevice,
  type IOPlacement,
  type IOSlashCase,
  type IOSlashCaseStatus,
  ioSlashCaseResource,
} from '../../../crds/schema/index.ts';
import type { ChainOperation } from '../../domain/settlement/types.ts';
import type { ChainOperations } from '../../ports/chain-operations.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { EventNote, EventRecorder } from '../../runtime/events.ts';
import { ensureFinalizer, releaseFinalizer } from '../../runtime/finalizer.ts';
import type { WatchedInformer } from '../../runtime/informer.ts';
import type { KubeObject } from '../../runtime/kube-object.ts';
import { StatusWriter } from '../../runtime/status.ts';
import { casePayloadOf } from '../../settlement/operations/case-payload.ts';
import { withConditions } from '../with-conditions.ts';
import type { CaseDecision, CaseRecord } from './decide.ts';
import { attemptId, caseIdOfObject } from './observe.ts';
import type { CaseSnapshot } from './snapshot.ts';

export type CaseEffects = Readonly<{
  client: Pick<ApiClient, 'apply' | 'mergePatch'>;
  operations: Pick<ChainOperations, 'record'>;
  events: Pick<EventRecorder, 'event'>;
  devices: WatchedInformer<IODevice>;
  placements: WatchedInformer<IOPlacement>;
  clusters: WatchedInformer<IOCluster>;
  programId: string;
  clock: Clock;
}>;

/**
 * Carries out a decision: the finalizer stands before anything is recorded, and goes after the status
 * has the outcome. What was done already is not done again.
 */
export class CaseApplier {
  readonly #effects: CaseEffects;
  readonly #statuses: StatusWriter;
  readonly #wrote: (slashCase: IOSlashCase) => void;

  /** `wrote` is told of every IOSlashCase as the API server has it after a write. */
  constructor(effects: CaseEffects, wrote: (slashCase: IOSlashCase) => void) {
    this.#effects = effects;
    this.#wrote = wrote;
    this.#statuses = new StatusWriter({
      client: effects.client,
      manager: 'compute.io.net/io-slash-case-status',
    });
  }

  async apply(snapshot: CaseSnapshot, decision: CaseDecision, signal: AbortSignal): Promise<void> {
    const { client, operations, clock, programId } = this.#effects;
    const { slashCase } = snapshot;
    let current = slashCase;
    if (decision.finalizer === 'ensure' && slashCase.metadata.deletionTimestamp === undefined) {
      current = await ensureFinalizer(
        client,
        ioSlashCaseResource,
        slashCase,
        finalizers.slashCase,
        { signal },
      );
      if (current !== slashCase) this.#wrote(current);
    }
    if (decision.record !== undefined) {
      const operation = operationOf(snapshot, decision.record, programId);
      if (operation !== undefined) {
        await operations.record(operation, Math.floor(clock.now() / 1000));
      }
    }
    current = await this.#writeStatus(current, decision, signal);
    if (decision.finalizer !== 'release') return;
    const left = await releaseFinalizer(
      client,
      ioSlashCaseResource,
      current,
      finalizers.slashCase,
      { signal },
    );
    if (left !== undefined && left !== current) this.#wrote(left);
  }

  async #writeStatus(
    slashCase: IOSlashCase,
    decision: CaseDecision,
    signal: AbortSignal,
  ): Promise<IOSlashCase> {
    const { clock } = this.#effects;
    const before = slashCase.status;
    const { generation } = slashCase.metadata;
    const now = clock.now();
    const conditions = withConditions(before?.conditions, decision.conditions, generation, now);
    const appeal = before?.appeal ?? decision.appeal;
    const time = new Date(now).toISOString().replace(/\.\d{3}Z$/, 'Z');
    const outcome =
      before?.outcome ??
      (decision.outcome === undefined ? undefined : { ...decision.outcome, time });
    const status: IOSlashCaseStatus = {
      observedGeneration: generation ?? 0,
      conditions: [...conditions],
      ...(decision.chain === undefined ? {} : { chain: decision.chain }),
      ...(appeal === undefined ? {} : { appeal }),
      ...(outcome === undefined ? {} : { outcome }),
    };
    const written = await this.#statuses.applyStatus(ioSlashCaseResource, slashCase, status, {
      signal,
    });
    if (written !== slashCase) {
      this.#wrote(written);
      this.#tell(slashCase, written);
    }
    return written;
  }

  /** The owner reads it at the case and the device, the renter at the cluster that has the device. */
  #tell(before: IOSlashCase, after: IOSlashCase): void {
    const { devices, events, placements, clusters } = this.#effects;
    const notes = notesOf(before, after);
    if (notes.length === 0) return;
    const { namespace } = after.metadata;
    const { name } = after.spec.deviceRef;
    const key = `${namespace}/${name}`;
    const device = devices.cache.get(key);
    const rented = placements.cache
      .byIndex('device', key)
      .flatMap(({ metadata }) =>
        clusters.cache.byIndex('uid', metadata.labels?.['compute.io.net/cluster-uid'] ?? ''),
      );
    const about = `Case ${after.metadata.name} against device ${name}: `;
    const told: readonly KubeObject[] = [...(device === undefined ? [] : [device]), ...rented];
    for (const note of notes) {
      events.event(after, note);
      for (const object of told) events.event(object, { ...note, message: about + note.message });
    }
  }
}

/** Undefined when the stake that it is about has just gone: the next decision says so. */
function operationOf(
  snapshot: CaseSnapshot,
  { kind, attempt, amount }: CaseRecord,
  programId: string,
): ChainOperation | undefined {
  const { slashCase, stake } = snapshot;
  if (stake === undefined) return undefined;
  const caseId = caseIdOfObject(slashCase);
  const named = casePayloadOf(programId, {
    owner: stake.owner,
    deviceId: stake.deviceId,
    caseId,
  });
  const evidenceHash = slashCase.spec.evidence.sha256;
  const more = {
    OpenCase: { evidenceHash, amount: String(amount) },
    FinalizeBurn: {},
    ResolveCase: { outcome: 'Reversed' },
  };
  return {
    operationId: attemptId(kind, caseId, attempt),
    kind,
    // A burn and a reversal whose time has come are anybody's to send: the slasher pays the fee.
    signer: 'slasher',
    payload: JSON.stringify({ ...named, ...more[kind] }),
  };
}

/** Bad news for the owner of the stake. */
const warnings = new Set(['Opened', 'Upheld', 'Burned', 'Refused', 'CapReached']);

/** What a person should hear of: a case that was opened, appealed, decided or cannot go on. */
const news = new Set([...warnings, 'Appealed', 'DeadlinePassed', 'Reversed']);

function notesOf(before: IOSlashCase, after: IOSlashCase): readonly EventNote[] {
  return (after.status?.conditions ?? []).flatMap((now): EventNote[] => {
    const previous = before.status?.conditions?.find(({ type }) => type === now.type);
    if (previous?.reason === now.reason || !news.has(now.reason)) return [];
    const type = warnings.has(now.reason) ? 'Warning' : 'Normal';
    return [{ type, reason: now.reason, message: now.message }];
  });
}
