import { stringMap } from './fields.ts';
import { ruled } from './rule.ts';

/** Parameters that the operator or KubeRay sets; one set by hand would break the cluster. */
const reservedParams = ['address', 'block', 'head', 'num-gpus', 'no-monitor'] as const;

const keyPattern = /^[a-z][-a-z0-9]{0,62}$/;

/** `rayStartParams` of a head or a worker group. */
export const rayStartParams = () =>
  ruled(
    stringMap(32, 512),
    {
      cel: `self.all(key, key.matches(r'${keyPattern.source}'))`,
      message: 'keys are options of ray start without the leading dashes, for example num-cpus',
      holds: (params) => Object.keys(params).every((key) => keyPattern.test(key)),
    },
    {
      cel: `!self.exists(key, key in [${reservedParams.map((key) => `'${key}'`).join(', ')}])`,
      message: `${reservedParams.join(', ')} are set by the operator; leave them out`,
      reason: 'FieldValueForbidden',
      holds: (params) => !reservedParams.some((key) => Object.hasOwn(params, key)),
    },
  );
