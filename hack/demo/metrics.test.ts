import { expect, test } from '@jest/globals';
import { samples } from './metrics.ts';

const text = `# HELP io_devices Devices by model and state.
# TYPE io_devices gauge
io_devices{model="L40S",state="free",component="hub"} 7
io_devices{model="L40S",state="unverified",component="hub"} 2
io_devices_total 4
io_clusters_waiting 0
process_start_time_seconds 1.764e+9
`;

test('samples are those of exactly the named metric', () => {
  expect(samples(text, 'io_devices')).toEqual([
    { labels: '{model="L40S",state="free",component="hub"}', value: 7 },
    { labels: '{model="L40S",state="unverified",component="hub"}', value: 2 },
  ]);
  expect(samples(text, 'io_clusters_waiting')).toEqual([{ labels: '', value: 0 }]);
  expect(samples(text, 'process_start_time_seconds')[0]?.value).toBe(1.764e9);
  expect(samples(text, 'io_leases')).toEqual([]);
});
