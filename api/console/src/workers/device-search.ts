export const deviceStates = ['Free', 'Leased', 'Blocked', 'Broken'] as const;

/** Devices by what people look for. Absent: any. */
export type DeviceFilter = Readonly<{
  account?: string;
  member?: string;
  model?: string;
  state?: (typeof deviceStates)[number];
}>;

/** As the API takes them; anything else would be refused there. */
const labelPattern = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const accountPattern = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\/[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?$/;
const modelPattern = /^.{1,128}$/;

/** What the address bar says is read as carefully as anything else that comes from outside. */
export function filterFromSearch(search: Readonly<Record<string, unknown>>): DeviceFilter {
  const state = deviceStates.find((known) => known === search['state']);
  const account = textOf(search['account'], accountPattern);
  const member = textOf(search['member'], labelPattern);
  const model = textOf(search['model'], modelPattern);
  return {
    ...(account === undefined ? {} : { account }),
    ...(member === undefined ? {} : { member }),
    ...(model === undefined ? {} : { model }),
    ...(state === undefined ? {} : { state }),
  };
}

function textOf(value: unknown, pattern: RegExp): string | undefined {
  return typeof value === 'string' && pattern.test(value) ? value : undefined;
}
