import type { Multiplier, MultiplierTable } from './types.ts';

/*
 * Device multipliers of June 2025, as io.net published them in
 * docs.io.net, "Proposed device block reward multiplier". Names are those of the model table. What
 * the table does not name, such as H200-NVL or A100-SXM4-40GB, is not guessed and gets nothing.
 * Apple's chips and CPUs are no devices of a Kubernetes node and are left out.
 */

type Row = readonly [multiplier: number, ...models: string[]];

const enterprise: readonly Row[] = [
  [30_000, 'B200'],
  [12_000, 'H200'],
  [10_000, 'H100-80GB-HBM3', 'H100-PCIe'],
  [5_000, 'A100-80GB-PCIe', 'A100-SXM4-80GB'],
  [3_000, 'L40S'],
  [2_000, 'A100-PCIE-40GB'],
  [1_250, 'GeForce-RTX-4090', 'GeForce-RTX-4090-D'],
];

const community: readonly Row[] = [
  [4_500, 'RTX-6000-Ada-Generation'],
  [3_000, 'RTX-5000-Ada-Generation'],
  [2_750, 'GeForce-RTX-4080'],
  [2_500, 'GeForce-RTX-4070-Ti'],
  [2_000, 'GeForce-RTX-3090-Ti', 'RTX-A6000'],
  [1_750, 'GeForce-RTX-3080-Ti', 'GeForce-RTX-3090'],
  [1_500, 'GeForce-RTX-3080', 'GeForce-RTX-4070', 'Quadro-RTX-5000', 'RTX-A4000', 'RTX-A5000'],
  [1_000, 'GeForce-RTX-3070', 'GeForce-RTX-3070-Ti', 'GeForce-RTX-4060', 'GeForce-RTX-4060-Ti'],
  [1_000, 'RTX-4000-SFF-Ada-Generation'],
  [750, 'GeForce-RTX-3060', 'GeForce-RTX-3060-Ti', 'Quadro-RTX-4000'],
  [750, 'Tesla-V100-SXM2-16GB', 'Tesla-V100-SXM2-32GB', 'Tesla-V100-SXM3-32GB'],
  [750, 'Tesla-V100-PCIE-16GB', 'Tesla-V100-PCIE-32GB', 'Tesla-V100S-PCIE-32GB'],
  [750, 'Tesla-V100-DGXS-32GB', 'Tesla-V100-FHHL-16GB'],
  [500, 'Tesla-T4'],
  [250, 'L4'],
  // Rewarded until June 2025.
  [0, 'A10', 'A10G', 'A16', 'A40', 'GeForce-GTX-1080-Ti', 'GeForce-RTX-2080-Ti'],
  [0, 'GeForce-RTX-3050', 'GeForce-RTX-3050-Ti-Laptop-GPU'],
];

function entries(pool: string, rows: readonly Row[]): [string, Multiplier][] {
  return rows.flatMap(([milli, ...models]) =>
    models.map((model): [string, Multiplier] => [model, { pool, milli }]),
  );
}

export const multipliers202506: MultiplierTable = {
  date: '2025-06-01',
  models: Object.fromEntries([
    ...entries('enterprise', enterprise),
    ...entries('community', community),
  ]),
};
