/** What the label nvidia.com/gpu.product says, taken apart. */
export type Product = Readonly<{
  /** The model without maker and suffixes, for example `H100-80GB-HBM3`; `` when there is none. */
  model: string;
  /** `1g.10gb` of a slice. */
  migProfile?: string;
  /** MIG strategy `single` on a node whose GPUs are not cut alike. */
  migInvalid: boolean;
  /** The device plugin shares each GPU without giving the resource another name. */
  shared: boolean;
}>;

const profilePattern = /^([1-7]c\.)?[1-7]g\.[0-9]{1,3}gb(\.(me|gfx))?$/;

/** Takes `NVIDIA-A100-SXM4-40GB-MIG-1g.5gb-SHARED` apart. */
export function parseProduct(label: string): Product {
  const shared = label.endsWith('-SHARED');
  const whole = shared ? label.slice(0, -'-SHARED'.length) : label;
  const [base, profile] = splitOnce(whole, '-MIG-');
  const model = base.replace(/^NVIDIA-/, '');
  if (profile === undefined) return { model, migInvalid: false, shared };
  if (!isMigProfile(profile)) return { model, migInvalid: true, shared };
  return { model, migProfile: profile, migInvalid: false, shared };
}

/** Is it a profile as the API takes it, for example `1g.10gb` or `1g.10gb.me`? */
export function isMigProfile(text: string): boolean {
  return text.length <= 24 && profilePattern.test(text);
}

function splitOnce(text: string, separator: string): readonly [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}
