/** metav1.Condition, as far as it is read. */
export type WorkloadCondition = Readonly<{ type: string; status: string; message?: string }>;

/**
 * Why a Workload does not run, in Kueue's own words: why it was stopped, if it was, and what it waits for
 * now. Undefined: Kueue has not looked at it.
 */
export function saysOf(conditions: readonly WorkloadCondition[]): string | undefined {
  const messageOf = (type: string, status: string): readonly string[] => {
    const found = conditions.find((each) => each.type === type && each.status === status);
    return found?.message === undefined || found.message === '' ? [] : [found.message];
  };
  const waits = [...messageOf('QuotaReserved', 'False'), ...messageOf('Admitted', 'False')];
  const all = [
    ...messageOf('Finished', 'True'),
    ...messageOf('Evicted', 'True'),
    // Without quota it is not admitted either, and Kueue says so in the same or in emptier words.
    ...waits.slice(0, 1),
  ];
  return all.length === 0 ? undefined : [...new Set(all)].join('; ');
}
