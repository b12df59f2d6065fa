import {
  HubRefusedError,
  HubUnavailableError,
  type ObjectFault,
} from '../../operator/ports/hub-errors.ts';
import { type FieldError, Problem } from '../problem.ts';

const retrySeconds = 2;

/** What the hub's API server refuses, and that it does not answer, as problems. */
export async function fromHub<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof HubUnavailableError) throw unavailable();
    if (error instanceof HubRefusedError) throw problemOf(error);
    throw error;
  }
}

/** The hub has to be asked again. */
export function unavailable(): Problem {
  const details = { retryAfterSeconds: retrySeconds };
  return new Problem(503, 'HubUnavailable', "the hub's API server does not answer", details);
}

function problemOf({ refusal, faults }: HubRefusedError): Problem {
  const errors = faults.map(fieldErrorOf);
  switch (refusal) {
    case 'Invalid': {
      const count = errors.length === 1 ? 'a fault' : `${errors.length} faults`;
      const text =
        errors.length === 0 ? 'the hub takes no such object' : `the hub found ${count} in it`;
      return new Problem(422, 'Invalid', text, { errors });
    }
    case 'Exists':
      return new Problem(409, 'AlreadyExists', 'there is one of that name; choose another name');
    case 'Missing':
      return new Problem(404, 'NotFound', 'there is nothing of that name any more');
    case 'Changed':
      return new Problem(412, 'Changed', 'it was changed meanwhile; read it again and decide anew');
    case 'Refused':
      return new Problem(409, 'Refused', "the hub's API server refuses it", { errors });
  }
}

const valued =
  /^(?:Invalid|Unsupported|Duplicate) value: (?<got>"(?:[^"\\]|\\.)*"|[^:]*)(?:: (?<expected>.*))?$/s;

/** `Invalid value: "x": must be y` says what is there, and what would be right. */
export function fieldErrorOf({ field, message }: ObjectFault): FieldError {
  if (message === 'unknown field') {
    return { field, got: 'a field that is not known', expected: 'leave it out' };
  }
  if (message.startsWith('Required value')) {
    const text = message.slice('Required value'.length).replace(/^: /, '');
    return { field, got: 'nothing', expected: text === '' ? 'a value' : text };
  }
  const { got, expected } = valued.exec(message)?.groups ?? {};
  // Of a rule over a whole object only its kind is said: "object", or "array".
  const isWhole = got === '"object"' || got === '"array"';
  return {
    field,
    got: got === undefined || isWhole ? 'what is there' : got,
    expected: expected ?? message,
  };
}
