// Generated from operator/settlement/program/idl.json by hack/generate-program.ts;
// `make generate` writes it anew.

/** Where a test network has the program; any other address works as well. */
export const localnetProgramId = '4Vk7SnsgQwjEN8fNqLSXmZrv9rpHRN7RdwsPqbazUzzp';

export const epochSeconds = 3_600;
export const emissionCap = 30_000_000_000_000_000n;
export const ioDecimals = 8;
export const usdcDecimals = 6;
export const maxDepth = 32;
export const maxPayOuts = 20;
export const operationSeconds = 2_592_000;
export const operationAheadSeconds = 3_600;
export const tokenProgram = 'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA';
export const systemProgram = '11111111111111111111111111111111';
export const upgradeableLoader = 'BPFLoaderUpgradeab1e11111111111111111111111';
export const seedConfig = 'config';
export const seedAuthority = 'authority';
export const seedVault = 'vault';
export const seedStake = 'stake';
export const seedRewards = 'rewards';
export const seedCustody = 'custody';
export const seedCase = 'case';
export const seedDistributor = 'distributor';
export const seedClaim = 'claim';
export const seedOperation = 'operation';
