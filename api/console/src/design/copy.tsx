import { useEffect, useState } from 'react';
import { Button as AriaButton } from 'react-aria-components';
import './copy.css';

const shownMs = 2_000;

/** Copies a text, and says whether it did. */
export function CopyButton({
  text,
  label = 'Copy',
  iconOnly = false,
}: Readonly<{ text: string; label?: string | undefined; iconOnly?: boolean | undefined }>) {
  const [outcome, setOutcome] = useState<'copied' | 'refused' | undefined>();
  useEffect(() => {
    if (outcome === undefined) return;
    const timer = setTimeout(() => setOutcome(undefined), shownMs);
    return () => clearTimeout(timer);
  }, [outcome]);
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setOutcome('copied');
    } catch {
      // Not allowed here: the text can still be marked and copied by hand.
      setOutcome('refused');
    }
  };
  return (
    <>
      <AriaButton
        className={iconOnly ? 'copy copy-icon' : 'copy'}
        aria-label={label}
        onPress={() => void copy()}
      >
        {iconOnly ? <CopyMark done={outcome === 'copied'} /> : wordOf(outcome, label)}
      </AriaButton>
      <span className="visually-hidden" role="status">
        {outcome === undefined ? '' : wordOf(outcome, '')}
      </span>
    </>
  );
}

function wordOf(outcome: 'copied' | 'refused' | undefined, label: string): string {
  if (outcome === 'copied') return 'Copied';
  return outcome === 'refused' ? 'Could not copy' : label;
}

function CopyMark({ done }: { done: boolean }) {
  return (
    <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" className="copy-mark">
      {done ? <path d="M3 8.5 6.5 12 13 4.5" /> : <path d="M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3" />}
    </svg>
  );
}

type CodeProps = Readonly<{
  code: string;
  /** What it is; said to screen readers and shown above it. */
  label: string;
  wrap?: boolean | undefined;
  /** In px; what is longer scrolls. */
  maxHeight?: number | undefined;
}>;

/** Text of a program or a file, with a button that copies it. */
export function CodeBlock({ code, label, wrap = false, maxHeight = 480 }: CodeProps) {
  return (
    <figure className="code">
      <figcaption className="code-head">
        <span className="code-label">{label}</span>
        <CopyButton text={code} label="Copy" />
      </figcaption>
      <pre
        className={wrap ? 'code-text code-wrap' : 'code-text'}
        style={{ maxHeight }}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls takes the focus
        tabIndex={0}
      >
        <code>{code}</code>
      </pre>
    </figure>
  );
}
