import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { PriceQuote, PriceSource } from '../../ports/price-source.ts';

const priceFile = z.strictObject({
  ioMicroUsd: z.union([z.int().min(1), z.string().regex(/^[0-9]{1,18}$/)]).transform(BigInt),
  /** Who says so. */
  source: z.string().min(1).max(200),
  /** Until when it holds, in RFC 3339. */
  validUntil: z.iso.datetime(),
});

/**
 * A price that something else writes to a JSON file: `{"ioMicroUsd": 250000, "source": "oracle",
 * "validUntil": "2026-12-01T00:00:00Z"}`. It is read anew each time. A file that is not there, or no
 * longer valid, is no price; one that is not understood is an error.
 */
export function filePrice(path: string): PriceSource {
  return {
    ioPrice: async (atSeconds): Promise<PriceQuote | undefined> => {
      const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      });
      if (text === undefined) return undefined;
      const result = priceFile.safeParse(JSON.parse(text));
      if (!result.success) throw new Error(`price file ${path}: ${result.error.message}`);
      const { ioMicroUsd, source, validUntil } = result.data;
      if (ioMicroUsd === 0n || Date.parse(validUntil) / 1_000 <= atSeconds) return undefined;
      return { microUsd: ioMicroUsd, source: `file: ${source}` };
    },
  };
}
