import { stringMap, text } from './fields.ts';
import { celPattern, ruled } from './rule.ts';

/** Parameters that the operator or KubeRay sets; one set by hand would break the cluster. */
const reservedParams = ['address', 'block', 'head', 'num-gpus', 'no-monitor'] as const;

const keyPattern = /^[a-z][-a-z0-9]{0,62}$/;

/**
 * KubeRay writes `--key=value` into a script for bash as it is. So a value is a word without a meaning
 * to the shell, or one text in quotes (\x27 is ') with nothing in it that ends them or is expanded
 * between them, by the shell or by Kubernetes.
 */
const valuePattern =
  /^([-A-Za-z0-9_./:=,+@%]+|\x27[-A-Za-z0-9_./:=,+@%{}[\]" ]*\x27|"([-A-Za-z0-9_./:=,+@%{}[\] ]|\\")*")$/;

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
      cel: `self.all(key, self[key].matches(${celPattern(valuePattern)}))`,
      message: `values are words such as 0 or 10.0.0.1:8080, or JSON in single quotes such as '{"a": 1}'; they become part of a shell command`,
      holds: (params) => Object.values(params).every((value) => valuePattern.test(value)),
    },
    {
      cel: `!self.exists(key, key in [${reservedParams.map((key) => `'${key}'`).join(', ')}])`,
      message: `${reservedParams.join(', ')} are set by the operator; leave them out`,
      reason: 'FieldValueForbidden',
      holds: (params) => !reservedParams.some((key) => Object.hasOwn(params, key)),
    },
  );

/** A container image that says which one it is. */
export const rayImage = () =>
  text({
    max: 256,
    pattern: /^[a-z0-9][-a-z0-9._/:]*[a-z0-9](:[A-Za-z0-9_][-A-Za-z0-9._]*|@sha256:[0-9a-f]{64})$/,
    what: 'an image with a tag or a digest, for example ray.example/team/train:1.4.0',
  });

/** A version of Ray. */
export const rayVersion = () =>
  text({
    max: 16,
    pattern: /^[0-9]{1,2}\.[0-9]{1,3}\.[0-9]{1,3}$/,
    what: 'a Ray version, for example 2.52.1',
  });
