import { ioMemberResource } from '../../../crds/schema/index.ts';
import type { ApiClient } from '../../runtime/api-client.ts';
import { ApiError } from '../../runtime/api-error.ts';
import type { Logger } from '../../runtime/logger.ts';

/**
 * Tells the hub what the data centre says of itself: fields of IOMember.spec. What an administrator of the
 * hub has set otherwise, or lets only administrators change, stays, and the log says so.
 * @throws ApiError when the hub did not answer, or does not let this agent speak at all
 */
export async function stateMember(
  hub: Pick<ApiClient, 'apply'>,
  member: string,
  statement: Readonly<Record<string, unknown>>,
  { logger, signal }: Readonly<{ logger: Logger; signal: AbortSignal }>,
): Promise<void> {
  const manifest = { metadata: { name: member }, spec: statement };
  try {
    await hub.apply(ioMemberResource, manifest, {
      ...{ manager: 'compute.io.net/agent-join', force: false, signal },
    });
  } catch (error) {
    if (!(error instanceof ApiError && isAboutContent(error))) throw error;
    logger.warn(
      { reason: error.reason, why: error.message },
      'the hub keeps what it has of this member: an administrator of the hub has to change it',
    );
  }
}

/** A policy of the API server, another's fields, or a value that cannot be: not a lack of rights. */
const isAboutContent = ({ isConflict, isInvalid, status, message }: ApiError): boolean =>
  isConflict || isInvalid || (status === 403 && message.includes('ValidatingAdmissionPolicy'));
