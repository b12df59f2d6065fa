import { family } from './model.ts';
import type { GpuModel } from './model.ts';

/*
 * Data-centre GPUs. Names are what NVML reports, memory is what nvidia-smi shows in MiB. GDDR cards
 * lose a sixteenth of their memory to error correction, so they have two figures.
 */

const media = (profiles: readonly string[]): readonly string[] => {
  const [smallest] = profiles;
  return smallest === undefined ? [] : [...profiles, `${smallest}.me`];
};
const a100Of40 = media(['1g.5gb', '1g.10gb', '2g.10gb', '3g.20gb', '4g.20gb', '7g.40gb']);
const of80 = media(['1g.10gb', '1g.20gb', '2g.20gb', '3g.40gb', '4g.40gb', '7g.80gb']);
const of94 = media(['1g.12gb', '1g.24gb', '2g.24gb', '3g.47gb', '4g.47gb', '7g.94gb']);
const of96 = media(['1g.12gb', '1g.24gb', '2g.24gb', '3g.48gb', '4g.48gb', '7g.96gb']);
const of141 = media(['1g.18gb', '1g.35gb', '2g.35gb', '3g.71gb', '4g.71gb', '7g.141gb']);
const of144 = media(['1g.18gb', '1g.36gb', '2g.36gb', '3g.72gb', '4g.72gb', '7g.144gb']);
const ofB200 = media(['1g.23gb', '1g.45gb', '2g.45gb', '3g.90gb', '4g.90gb', '7g.180gb']);
const ofGb200 = media(['1g.24gb', '1g.47gb', '2g.47gb', '3g.95gb', '4g.95gb', '7g.189gb']);
const ofB300 = media(['1g.34gb', '1g.67gb', '2g.67gb', '3g.135gb', '4g.135gb', '7g.269gb']);
const ofGb300 = media(['1g.35gb', '1g.70gb', '2g.70gb', '3g.139gb', '4g.139gb', '7g.278gb']);
const a30 = ['1g.6gb', '1g.6gb.me', '2g.12gb', '2g.12gb.me', '4g.24gb'];
const rtxPro6000 = [
  '1g.24gb',
  '1g.24gb.me',
  '1g.24gb.gfx',
  '2g.48gb',
  '2g.48gb.gfx',
  '4g.96gb',
  '4g.96gb.gfx',
];

const joined = { nvlink: true };
// Label writers before 0.18 do not know Blackwell and call it undefined.
const blackwellFamilies = ['blackwell', 'undefined'];
const blackwell = family(blackwellFamilies, '10.0', { ...joined, confidential: true });
const blackwellUltra = family(blackwellFamilies, '10.3', { ...joined, confidential: true });
const blackwellPro = family(blackwellFamilies, '12.0');
const hopper = family(['hopper'], '9.0', { confidential: true });
// Label writers before 0.15 call 8.9 Ampere.
const ada = family(['ada-lovelace', 'ampere'], '8.9');
const ampere = family(['ampere'], '8.0');
const ampereGraphics = family(['ampere'], '8.6');
const turing = family(['turing'], '7.5');
const volta = family(['volta'], '7.0');

export const dataCenterModels: readonly GpuModel[] = [
  blackwellUltra('GB300', [284_208], { migProfiles: ofGb300 }),
  blackwellUltra('B300-SXM6-AC', [275_040], { aliases: ['B300'], migProfiles: ofB300 }),
  blackwell('GB200', [189_471], { migProfiles: ofGb200 }),
  blackwell('B200', [183_359], { migProfiles: ofB200 }),
  blackwellPro('RTX-PRO-6000-Blackwell-Server-Edition', [97_887], {
    migProfiles: rtxPro6000,
    confidential: true,
  }),

  hopper('H200', [143_771], { ...joined, migProfiles: of141 }),
  hopper('H200-NVL', [143_771], { migProfiles: of141 }),
  hopper('GH200-480GB', [97_871], { migProfiles: of96 }),
  hopper('GH200-144G-HBM3e', [146_831], { migProfiles: of144 }),
  hopper('H100-80GB-HBM3', [81_559], { ...joined, migProfiles: of80 }),
  hopper('H100-64GB-HBM2', [65_247], { ...joined }),
  hopper('H100-NVL', [95_830], { migProfiles: of94 }),
  hopper('H100-PCIe', [81_559], { migProfiles: of80 }),
  hopper('H800', [81_559], { ...joined, aliases: ['H800-80GB-HBM3'], migProfiles: of80 }),
  hopper('H20', [97_871, 143_771], { ...joined, migProfiles: [...of96, ...of141] }),

  // Older drivers keep up to 3.5 % of a 40 GB card for themselves.
  ampere('A100-SXM4-80GB', [81_920], { ...joined, migProfiles: of80 }),
  ampere('A100-SXM4-40GB', [40_960], { ...joined, migProfiles: a100Of40, tolerancePercent: 4 }),
  ampere('A100-80GB-PCIe', [81_920], { migProfiles: of80 }),
  ampere('A100-PCIE-40GB', [40_960], { migProfiles: a100Of40, tolerancePercent: 4 }),
  ampere('A800-SXM4-80GB', [81_920], { ...joined, migProfiles: of80 }),
  ampere('A800-80GB-PCIe', [81_920], { migProfiles: of80 }),
  ampere('A30', [24_576], { migProfiles: a30 }),

  ada('L40S', [46_068, 49_140]),
  ada('L40', [46_068, 49_140]),
  ada('L20', [46_068, 49_140]),
  ada('L4', [23_034, 24_570]),

  ampereGraphics('A40', [46_068, 49_140]),
  ampereGraphics('A10', [23_028, 24_564]),
  ampereGraphics('A10G', [23_028, 24_564]),
  ampereGraphics('A16', [15_356, 16_380]),
  ampereGraphics('A2', [15_356, 16_380]),

  turing('Tesla-T4', [15_360, 16_127], { aliases: ['T4'] }),

  volta('Tesla-V100-SXM2-16GB', [16_384], joined),
  volta('Tesla-V100-SXM2-32GB', [32_768], joined),
  volta('Tesla-V100-SXM3-32GB', [32_768], joined),
  volta('Tesla-V100-PCIE-16GB', [16_384]),
  volta('Tesla-V100-PCIE-32GB', [32_768]),
  volta('Tesla-V100S-PCIE-32GB', [32_768]),
  volta('Tesla-V100-DGXS-32GB', [32_768], joined),
  volta('Tesla-V100-FHHL-16GB', [16_384]),
];
