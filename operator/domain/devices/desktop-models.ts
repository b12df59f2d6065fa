import { family } from './model.ts';
import type { GpuModel } from './model.ts';

/*
 * Workstation and consumer GPUs; see data-center-models.ts for what the figures are. Workstation
 * cards can be set to error correction, consumer cards cannot.
 */

const blackwell = family(['blackwell', 'undefined'], '12.0');
const ada = family(['ada-lovelace', 'ampere'], '8.9');
const ampere = family(['ampere'], '8.6');
const turing = family(['turing'], '7.5');
const pascal = family(['pascal'], '6.1');

const workstation: readonly GpuModel[] = [
  blackwell('RTX-PRO-6000-Blackwell-Workstation-Edition', [97_887]),
  blackwell('RTX-PRO-6000-Blackwell-Max-Q-Workstation-Edition', [97_887]),
  ada('RTX-6000-Ada-Generation', [46_068, 49_140]),
  ada('RTX-5000-Ada-Generation', [30_712, 32_760]),
  ada('RTX-4500-Ada-Generation', [23_034, 24_570]),
  ada('RTX-4000-Ada-Generation', [19_195, 20_475]),
  ada('RTX-4000-SFF-Ada-Generation', [19_195, 20_475]),
  ampere('RTX-A6000', [46_068, 49_140]),
  ampere('RTX-A5000', [23_028, 24_564]),
  ampere('RTX-A4500', [19_195, 20_470]),
  ampere('RTX-A4000', [15_352, 16_376]),
  turing('Quadro-RTX-8000', [46_080, 49_152]),
  turing('Quadro-RTX-6000', [22_698, 24_576]),
  turing('Quadro-RTX-5000', [15_360, 16_384]),
  turing('Quadro-RTX-4000', [8_192]),
];

const consumer: readonly GpuModel[] = [
  blackwell('GeForce-RTX-5090', [32_607]),
  blackwell('GeForce-RTX-5080', [16_303]),
  blackwell('GeForce-RTX-5070-Ti', [16_303]),
  blackwell('GeForce-RTX-5070', [12_227]),
  ada('GeForce-RTX-4090', [24_564]),
  ada('GeForce-RTX-4090-D', [24_564]),
  ada('GeForce-RTX-4080-SUPER', [16_376]),
  ada('GeForce-RTX-4080', [16_376]),
  ada('GeForce-RTX-4070-Ti-SUPER', [16_376]),
  ada('GeForce-RTX-4070-Ti', [12_282]),
  ada('GeForce-RTX-4070-SUPER', [12_282]),
  ada('GeForce-RTX-4070', [12_282]),
  ada('GeForce-RTX-4060-Ti', [8_188, 16_380]),
  ada('GeForce-RTX-4060', [8_188]),
  ampere('GeForce-RTX-3090-Ti', [24_564]),
  ampere('GeForce-RTX-3090', [24_576]),
  ampere('GeForce-RTX-3080-Ti', [12_288]),
  ampere('GeForce-RTX-3080', [10_240, 12_288]),
  ampere('GeForce-RTX-3070-Ti', [8_192]),
  ampere('GeForce-RTX-3070', [8_192]),
  ampere('GeForce-RTX-3060-Ti', [8_192]),
  ampere('GeForce-RTX-3060', [8_192, 12_288]),
  ampere('GeForce-RTX-3050', [6_144, 8_192]),
  ampere('GeForce-RTX-3050-Ti-Laptop-GPU', [4_096]),
  turing('GeForce-RTX-2080-Ti', [11_264]),
  pascal('GeForce-GTX-1080-Ti', [11_264]),
];

export const desktopModels: readonly GpuModel[] = [...workstation, ...consumer];
