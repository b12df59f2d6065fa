import { useEffect, useState } from 'react';
import { useQuery, keepPreviousData } from '@tanstack/react-query';
import { answerOf, client, type Answer } from '../client/typed.ts';
import { checkForm } from './rent-faults.ts';
import { specOf, type RentForm } from './rent-form.ts';

/** What it would cost, and whether it could start now. */
export type Quote = Answer<'Quote'>;

/** People type faster than prices are worth asking for. */
const settleMs = 500;
const freshMs = 15_000;

type Question = Readonly<{ namespace: string; name: string; spec: Record<string, unknown> }>;

/** The price of what the form asks for, asked anew when it changes and now and then. */
export function useQuote(form: RentForm, enabled: boolean) {
  const { namespace, name } = form;
  // A price can be told before there is a name.
  const named = checkForm(form).name === undefined ? name : 'cluster';
  const body = JSON.stringify({ namespace, name: named, spec: specOf(form) });
  const settled = useSettled(body);
  return useQuery({
    queryKey: ['quote', settled],
    queryFn: ({ signal }) =>
      answerOf(client.POST('/v1/quotes', { body: JSON.parse(settled) as Question, signal })),
    enabled,
    placeholderData: keepPreviousData,
    staleTime: freshMs,
    refetchInterval: freshMs,
  });
}

function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), settleMs);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
