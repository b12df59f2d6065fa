import type { MemberWishes } from './heartbeat.ts';

/**
 * What a data centre lets run in its own cluster, whatever the hub asks for. Left out: no limit.
 */
export type MemberPolicy = Readonly<{
  /** Nothing new is begun; what runs stays. */
  cordoned: boolean;
  /** RFC 3339; as cordoned, and everything is to be off by then. */
  drainDeadline?: string;
  /** None at all when it is empty. */
  allowedImages?: readonly string[];
  /** Of requests and limits, which are the same; in thousandths. */
  maxMilliCpuPerPod?: bigint;
  maxMilliBytesPerPod?: bigint;
  maxDevicesPerLease?: number;
}>;

/** Of a data centre that says nothing. */
export const openPolicy: MemberPolicy = { cordoned: false };

/** Until a policy was understood for the first time nothing begins. */
export const unreadablePolicy: MemberPolicy = { cordoned: true };

/** What the agent announces to the hub, so that it is not asked for what it would refuse. */
export const wishesOf = ({ cordoned, drainDeadline }: MemberPolicy): MemberWishes => ({
  cordoned,
  drainDeadline,
});

/** How long what runs may still stay, in milliseconds; 0: its time is over, undefined: it has no end. */
export function staysMs({ drainDeadline }: MemberPolicy, nowMs: number): number | undefined {
  return drainDeadline === undefined ? undefined : Math.max(0, Date.parse(drainDeadline) - nowMs);
}

type Image = Readonly<{
  repository: string;
  tag: string | undefined;
  digest: string | undefined;
}>;

const host = /^(localhost|[a-z0-9-]+(\.[a-z0-9-]+)*)(:[0-9]{1,5})?$/;
const component = /^[a-z0-9]+((\.|_{1,2}|-+)[a-z0-9]+)*$/;
const reference =
  /^(?<repository>[^@]+?)(:(?<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(@(?<digest>sha256:[0-9a-f]{64}))?$/;

/** The parts of an image's name as container runtimes read it; undefined when it is none. */
function imageOf(text: string): Image | undefined {
  const groups = reference.exec(text)?.groups;
  const repository = groups?.['repository'];
  if (repository === undefined || !isRepository(repository)) return undefined;
  return { repository, tag: groups?.['tag'], digest: groups?.['digest'] };
}

function isRepository(text: string): boolean {
  const [first = '', ...rest] = text.split('/');
  const isFirstGood = component.test(first) || (rest.length > 0 && host.test(first));
  return isFirstGood && rest.every((part) => component.test(part));
}

/** Whether a text says which images are meant: see `isAllowedImage`. */
export function isImagePattern(text: string): boolean {
  return text.endsWith('/') ? isRepository(`${text}x`) : imageOf(text) !== undefined;
}

/**
 * Whether an image may run. A pattern that ends with a slash means everything below it
 * (`docker.io/rayproject/`), one without a tag and digest every image of that repository, one with a
 * tag that tag alone, and one with a digest that digest under any tag. An image with a digest is what
 * the digest says, so a tag in a pattern does not let it in. Names are compared as they are written:
 * what `rayproject/ray` stands for is up to the container runtime, so it is not `docker.io/rayproject/ray`.
 */
export function isAllowedImage(text: string, patterns: readonly string[]): boolean {
  const image = imageOf(text);
  if (image === undefined) return false;
  return patterns.some((pattern) => {
    if (pattern.endsWith('/')) return image.repository.startsWith(pattern);
    const allowed = imageOf(pattern);
    if (allowed?.repository !== image.repository) return false;
    if (allowed.digest !== undefined) return allowed.digest === image.digest;
    if (allowed.tag === undefined) return true;
    return image.digest === undefined && allowed.tag === image.tag;
  });
}
