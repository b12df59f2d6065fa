import type {
  ChainEventView,
  CountryCapacityView,
  EmissionView,
  EpochView,
  HistoryPoint,
  ModelMarketView,
  NetworkView,
  PricePoint,
} from '../../../../operator/domain/views/public.ts';
import { useApi, useApiPages } from '../client/use-api.ts';
import type { BundleManifest } from './verify/bundle.ts';
import type { ProofAnswer, RootAnswer } from './verify/proof.ts';

type Items<T> = Readonly<{ items: readonly T[] }>;

export const useNetwork = () => useApi<NetworkView>(['network'], '/network');

export const useModels = () =>
  useApi<Items<ModelMarketView>>(['network', 'models'], '/network/models');

export const useCountries = () =>
  useApi<Items<CountryCapacityView>>(['network', 'countries'], '/network/countries');

export const useHistory = (hours: string) =>
  useApi<Items<HistoryPoint>>(['public', 'history', hours], '/network/history', {
    refetchMs: 60_000,
    query: { hours },
  });

export const usePrices = (model: string, hours: string) =>
  useApi<Items<PricePoint>>(
    ['public', 'prices', model, hours],
    `/network/models/${encodeURIComponent(model)}/prices`,
    { query: { hours }, refetchMs: 60_000 },
  );

export const useEmission = () => useApi<EmissionView>(['epoch', 'emission'], '/network/emission');

export const useEpochs = () => useApiPages<EpochView>(['epoch', {}], '/epochs', {});

export const useEpoch = (epoch: number | undefined) =>
  useApi<EpochView>(['epoch', epoch ?? 0], `/epochs/${epoch ?? 0}`, {
    enabled: epoch !== undefined && epoch > 0,
  });

export const useBundle = (epoch: number | undefined) =>
  useApi<BundleManifest>(['epoch', epoch ?? 0, 'bundle'], `/epochs/${epoch ?? 0}/bundle`, {
    enabled: epoch !== undefined && epoch > 0,
  });

export const useRoot = (epoch: number | 'latest') =>
  useApi<RootAnswer>(['epoch', epoch, 'root'], `/rewards/epochs/${epoch}/root`);

export const useProof = (wallet: string, epoch: number) =>
  useApi<ProofAnswer>(['epoch', epoch, 'proof', wallet], `/rewards/proofs/${wallet}`, {
    query: { epoch: String(epoch) },
  });

export const useChainEvents = (kind: string | undefined) =>
  useApiPages<ChainEventView>(['public', 'chain', { kind }], '/chain/events', { kind });
