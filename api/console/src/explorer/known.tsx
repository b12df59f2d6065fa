import type { ComponentProps, ReactNode } from 'react';
import { ApiProblem } from '../client/problem.ts';
import { Loaded } from '../design/state.tsx';

type KnownProps<T> = ComponentProps<typeof Loaded<T>> & Readonly<{ missing: ReactNode }>;

/** As Loaded; that something is not there yet is an answer, not a fault. */
export function Known<T>({ missing, ...props }: KnownProps<T>) {
  const { data, error } = props.query;
  const isMissing = error instanceof ApiProblem && error.status === 404;
  return data === undefined && isMissing ? missing : <Loaded {...props} />;
}
