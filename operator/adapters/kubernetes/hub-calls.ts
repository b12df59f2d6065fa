import {
  type HubRefusal,
  HubRefusedError,
  HubUnavailableError,
  type ObjectFault,
} from '../../ports/hub-errors.ts';
import { ApiError } from '../../runtime/api-error.ts';
import { messageOf } from '../../runtime/logger.ts';

const maxFaults = 20;
/** The field of the remark that not all rules were checked, since others were not kept. */
const notChecked = '<nil>';
const maxMessageCharacters = 512;

/** Asks the hub's API server, and tells apart what it refuses from that it does not answer. */
export async function askedOfHub<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof ApiError && isAboutTheRequest(error)
      ? new HubRefusedError(refusalOf(error), error.message, faultsOf(error))
      : error instanceof HubRefusedError
        ? error
        : new HubUnavailableError(`the hub's API server: ${messageOf(error)}`, { cause: error });
  }
}

/** That the server itself lacks a right is nothing that who asks could mend. */
function isAboutTheRequest(error: ApiError): boolean {
  return !error.isTransient && error.status !== 401 && !lacksRight.test(error.message);
}
const lacksRight = /is forbidden: User "[^"]*" cannot /;

function faultsOf({ details, message }: ApiError): readonly ObjectFault[] {
  const { causes = [] } = details;
  const told =
    causes.length > 0
      ? causes.map((cause) => ({ field: cause.field ?? '', message: cause.message ?? '' }))
      : unknownFields(message);
  return told
    .filter(({ field }) => field !== notChecked)
    .slice(0, maxFaults)
    .map(({ field, message: text }) => ({ field, message: text.slice(0, maxMessageCharacters) }));
}

/** Of `strict decoding error: unknown field "spec.a", unknown field "spec.b"`. */
function unknownFields(message: string): readonly ObjectFault[] {
  const [, strict = ''] = message.split('strict decoding error: ', 2);
  return [...strict.matchAll(/unknown field "([^"]{1,256})"/g)].map(([, field = '']) => ({
    field,
    message: 'unknown field',
  }));
}

function refusalOf(error: ApiError): HubRefusal {
  if (error.isInvalid) return 'Invalid';
  if (error.isAlreadyExists) return 'Exists';
  if (error.isConflict) return 'Changed';
  return error.isNotFound ? 'Missing' : 'Refused';
}
