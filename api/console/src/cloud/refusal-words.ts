/** A reason in plain words, and what would help. */
type Words = Readonly<{ text: string; help?: string }>;

const words: Readonly<Record<string, Words>> = {
  MemberExcluded: { text: 'You asked not to run there', help: 'Allow more data centres.' },
  MemberNotSchedulable: { text: 'Takes nothing new just now' },
  NoSupplierAccount: { text: 'Cannot be paid yet' },
  OtherCountry: { text: 'In another country', help: 'Allow more countries.' },
  OtherRegion: { text: 'In another region', help: 'Allow more regions.' },
  NotCertified: { text: 'Lacks a certification that you ask for', help: 'Ask for fewer.' },
  UnknownLocation: { text: 'Does not say where it is, so its latency is not known' },
  TooFar: { text: 'Too far away for the latency', help: 'Allow more milliseconds.' },
  NoMatchingDevices: { text: 'Has no such GPUs', help: 'Allow more models or less memory.' },
  DevicesNotRentable: { text: 'Its GPUs cannot be rented just now' },
  NotConfidential: { text: 'Has no confidential computing' },
  NotOffered: { text: 'Does not offer them in this way', help: 'Try on demand instead of Spot.' },
  OverBudget: { text: 'Costs more than your limit', help: 'Raise the highest price.' },
  TooFewDevices: { text: 'Has fewer of them than you ask for', help: 'Ask for fewer GPUs.' },
  NotTogether: {
    text: 'Has enough, but not together as you ask',
    help: 'Ask for fewer GPUs in each worker, or another topology.',
  },
  NoCapacity: { text: 'All of them are rented just now', help: 'It starts when some are free.' },
};

/** `OtherCountry` as people say it; a reason that is not known is split into its words. */
export function refusalWords(reason: string): Words {
  if (Object.hasOwn(words, reason)) return words[reason] ?? { text: reason };
  const split = reason.replaceAll(/(?<=[a-z])([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
  return { text: split };
}

/** `3 data centres, 24 GPUs`. */
export function refusalCounts(members: number, devices: number): string {
  const centres = members === 1 ? '1 data centre' : `${members} data centres`;
  if (devices === 0) return centres;
  return `${centres}, ${devices === 1 ? '1 GPU' : `${devices} GPUs`}`;
}
