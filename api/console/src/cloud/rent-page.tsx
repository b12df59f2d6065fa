import { Suspense, useState, type FormEvent } from 'react';
import type { ClusterView } from '../../../../operator/domain/views/types.ts';
import { useGo, useSearch } from '../app/navigation.ts';
import { useAccount, useNamespace } from '../app/session.ts';
import { api, newIdempotencyKey } from '../client/fetch.ts';
import { useAction } from '../client/use-api.ts';
import { Button } from '../design/button.tsx';
import { Split, Stack } from '../design/layout.tsx';
import { PageHeader } from '../design/page-header.tsx';
import { ErrorState, Skeleton } from '../design/state.tsx';
import { clusterPath, clustersApi, clustersPath } from './paths.ts';
import { QuoteCard } from './quote-card.tsx';
import { checkForm, faultsOf, type RentFaults } from './rent-faults.ts';
import { RentFields } from './rent-fields.tsx';
import { emptyForm, specOf, type RentForm } from './rent-form.ts';
import { useQuote } from './use-quote.ts';
import { YamlBlock } from './yaml-block.tsx';

/** The form that rents a cluster: what it costs and the YAML that it makes are beside it. */
export default function RentPage() {
  const [form, setForm] = useInitialForm();
  const [tried, setTried] = useState(false);
  const local = checkForm(form);
  // A price can be told before there is a name.
  const isPriceable = Object.keys(local).every((field) => field === 'name');
  const quote = useQuote(form, isPriceable);
  const rent = useRent();
  const faults: RentFaults = {
    ...faultsOf(quote.error),
    ...faultsOf(rent.error),
    ...(tried ? local : withoutName(local)),
  };
  const onSubmit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (Object.keys(local).length === 0) rent.mutate(form);
  };
  return (
    <form onSubmit={onSubmit} noValidate>
      <PageHeader
        title="Rent a cluster"
        crumbs={[{ to: '/cloud', label: 'Market' }]}
        description="All GPUs of a cluster come from one data centre, or none do: you never pay for half of it."
      />
      <Split>
        <Stack gap={5}>
          <RentFields
            form={form}
            faults={faults}
            onChange={(patch) => {
              rent.reset();
              setForm((before) => ({ ...before, ...patch }));
            }}
          />
          {rent.error !== null && <ErrorState error={rent.error} title="It was not rented" />}
          {faults.form !== undefined && <p className="field-error">{faults.form}</p>}
          <div>
            <Button type="submit" variant="primary" isPending={rent.isPending}>
              Rent it
            </Button>
          </div>
        </Stack>
        <div className="stay">
          <Stack gap={5}>
            <QuoteCard quote={quote} isReady={isPriceable} />
            <Suspense fallback={<Skeleton lines={8} />}>
              <YamlBlock form={form} />
            </Suspense>
          </Stack>
        </div>
      </Split>
    </form>
  );
}

/** Nobody is told that a name is missing before they could write one. */
function withoutName({ name: _name, namespace: _namespace, ...rest }: RentFaults): RentFaults {
  return rest;
}

/** What was chosen on the market, and the account and namespace of the header. */
function useInitialForm() {
  const { model, country, capacity } = useSearch();
  const [account] = useAccount();
  const [namespace] = useNamespace();
  return useState<RentForm>({
    ...emptyForm,
    namespace: namespace ?? '',
    account: account !== undefined && account.kind !== 'Supplier' ? account.name : '',
    models: model === undefined ? [] : [model],
    countries: country === undefined ? [] : [country],
    capacity: capacity === 'Spot' ? 'Spot' : 'OnDemand',
  });
}

function useRent() {
  const go = useGo();
  const [key, setKey] = useState(newIdempotencyKey);
  return useAction(
    (form: RentForm) =>
      api<ClusterView>(clustersApi(form.namespace), {
        method: 'POST',
        query: { dryRun: false },
        body: { name: form.name, spec: specOf(form) },
        // The same key while the same thing is tried again: it is rented once.
        idempotencyKey: `${key}-${fingerprint(form)}`,
      }),
    {
      quiet: true,
      success: 'Rented. It starts as soon as GPUs are found.',
      invalidates: [['cluster']],
      onSuccess: (view: ClusterView | undefined) => {
        setKey(newIdempotencyKey());
        go(view === undefined ? clustersPath : clusterPath(view.namespace, view.name));
      },
    },
  );
}

/** Another form is another request, which gets another key. */
function fingerprint(form: RentForm): string {
  const text = JSON.stringify(form);
  let hash = 0;
  for (let at = 0; at < text.length; at += 1) hash = (hash * 31 + text.charCodeAt(at)) >>> 0;
  return hash.toString(16);
}
