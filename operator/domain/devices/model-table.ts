import { dataCenterModels } from './data-center-models.ts';
import { desktopModels } from './desktop-models.ts';
import type { GpuModel } from './model.ts';

/** When the table was last gone through, for messages and for who wonders why a GPU is missing. */
export const modelTableDate = '2026-11-23';

/** Finds models by the product label's name without maker and suffixes. */
export type ModelTable = Readonly<{
  date: string;
  models: readonly GpuModel[];
  find: (product: string) => GpuModel | undefined;
}>;

/** A table of `models`; two models with one name are a mistake in the data. */
export function modelTableOf(models: readonly GpuModel[], date: string): ModelTable {
  const byProduct = new Map<string, GpuModel>();
  for (const model of models) {
    for (const product of [model.name, ...model.aliases]) {
      if (byProduct.has(product)) throw new Error(`the model table has ${product} twice`);
      byProduct.set(product, model);
    }
  }
  return { date, models, find: (product) => byProduct.get(product) };
}

/** The models that the operator knows. */
export const modelTable: ModelTable = modelTableOf(
  [...dataCenterModels, ...desktopModels],
  modelTableDate,
);
