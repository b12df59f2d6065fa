import type { Tone } from './tone.ts';

type ToastText = Readonly<{
  title: string;
  body?: string | undefined;
  tone?: Extract<Tone, 'good' | 'bad' | 'info'> | undefined;
}>;

type Toast = ToastText & Readonly<{ id: number; tone: 'good' | 'bad' | 'info' }>;

const maxToasts = 4;
/** Faults stay longer: they have to be read. */
const shownMs = { good: 6_000, info: 8_000, bad: 20_000 } as const;

let toasts: readonly Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function show(next: readonly Toast[]): void {
  toasts = next;
  listeners.forEach((listener) => listener());
}

/** Says something in the corner of the page. Callable from anywhere. */
export function toast({ title, body, tone = 'info' }: ToastText): void {
  lastId += 1;
  const id = lastId;
  show([...toasts, { id, title, body, tone }].slice(-maxToasts));
  setTimeout(() => closeToast(id), shownMs[tone]);
}

export function closeToast(id: number): void {
  show(toasts.filter((other) => other.id !== id));
}

export const shownToasts = (): readonly Toast[] => toasts;

export function subscribeToasts(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
