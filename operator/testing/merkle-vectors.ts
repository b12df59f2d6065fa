import { readFileSync } from 'node:fs';

/** Trees of rewards, which the program computes too. Bytes are lower-case hexadecimal. */
type Vectors = Readonly<{
  programId: string;
  distributor: string;
  mint: string;
  trees: readonly Readonly<{
    leaves: readonly Readonly<{ wallet: string; total: string; hash: string }>[];
    depth: number;
    root: string;
    proofs: readonly (readonly string[])[];
  }>[];
}>;

export const merkleVectors = JSON.parse(
  readFileSync(new URL('../domain/settlement/merkle-vectors.json', import.meta.url), 'utf8'),
) as Vectors;
