import type { ReactNode } from 'react';
import { ApiProblem, explainProblem } from '../client/problem.ts';
import { Button } from './button.tsx';
import type { Tone } from './tone.ts';
import { VisuallyHidden } from './visually-hidden.tsx';
import './state.css';

/** Where something will be as soon as it is known. */
export function Skeleton({
  lines = 3,
  height = 16,
  label = 'Loading',
}: Readonly<{
  lines?: number | undefined;
  height?: number | undefined;
  label?: string | undefined;
}>) {
  return (
    <div className="skeleton" role="status" aria-busy="true">
      <VisuallyHidden>{label}</VisuallyHidden>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} className="skeleton-line" style={{ height }} />
      ))}
    </div>
  );
}

/** Nothing is there, which is no fault; says what would bring something. */
export function EmptyState({
  title,
  children,
  action,
}: Readonly<{ title: string; children?: ReactNode; action?: ReactNode }>) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children !== undefined && <div className="empty-text">{children}</div>}
      {action}
    </div>
  );
}

/** Something that people should read before they go on. */
export function Notice({
  tone = 'info',
  title,
  children,
  action,
}: Readonly<{
  tone?: Exclude<Tone, 'accent'> | undefined;
  title?: string | undefined;
  children?: ReactNode;
  action?: ReactNode;
}>) {
  return (
    <div className={`notice notice-${tone}`} role={tone === 'bad' ? 'alert' : 'note'}>
      <div className="notice-text">
        {title !== undefined && <p className="notice-title">{title}</p>}
        {children}
      </div>
      {action}
    </div>
  );
}

/** Something failed: what, why, and what can be done. */
export function ErrorState({
  error,
  onRetry,
  title,
}: Readonly<{
  error: unknown;
  onRetry?: (() => void) | undefined;
  title?: string | undefined;
}>) {
  const told = explainProblem(error);
  return (
    <Notice
      tone="bad"
      title={title ?? told.title}
      action={
        onRetry === undefined ? undefined : (
          <Button size="s" onPress={onRetry}>
            Try again
          </Button>
        )
      }
    >
      <p>{told.detail}</p>
      {error instanceof ApiProblem && error.errors.length > 0 && (
        <ul className="notice-list">
          {error.errors.map(({ field, got, expected }) => (
            <li key={`${field} ${expected}`}>
              <bdi>{field}</bdi>: <bdi>{got}</bdi>; {expected}
            </li>
          ))}
        </ul>
      )}
    </Notice>
  );
}

/** What is known of a query; the part of TanStack Query's result that is read here. */
type QueryLike<T> = Readonly<{
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  refetch: () => unknown;
}>;

type LoadedProps<T> = Readonly<{
  query: QueryLike<T>;
  skeleton?: ReactNode;
  empty?: ((data: T) => boolean) | undefined;
  whenEmpty?: ReactNode;
  children: (data: T) => ReactNode;
}>;

const isTakenAway = (error: unknown): boolean =>
  error instanceof ApiProblem && [401, 403, 404].includes(error.status);

/** What a query brought. While it is asked anew, and when that fails, the old answer stays. */
export function Loaded<T>({ query, skeleton, empty, whenEmpty, children }: LoadedProps<T>) {
  const { data, error } = query;
  // What may no longer be seen is not shown any more, although it is still here.
  if (data === undefined || isTakenAway(error)) {
    if (error !== null && error !== undefined) {
      return <ErrorState error={error} onRetry={() => void query.refetch()} />;
    }
    return skeleton ?? <Skeleton />;
  }
  const content = empty?.(data) === true ? whenEmpty : children(data);
  if (error === null || error === undefined) return content;
  return (
    <>
      <Notice
        tone="warn"
        title="This may be old"
        action={
          <Button size="s" onPress={() => void query.refetch()}>
            Try again
          </Button>
        }
      >
        <p>{explainProblem(error).detail}</p>
      </Notice>
      {content}
    </>
  );
}
