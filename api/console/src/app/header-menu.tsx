import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { Mark } from '../design/mark.tsx';
import { classNames } from '../design/class-names.ts';

type Item = Readonly<{
  id: string;
  label: string;
  description?: string | undefined;
  /** Of several, whether it is the chosen one; left out: it is none of several. */
  isCurrent?: boolean | undefined;
  onAction: () => void;
}>;

type HeaderMenuProps = Readonly<{ label: string; trigger: ReactNode; items: readonly Item[] }>;

/**
 * A button that opens a list of buttons. Every page has it, so it is without the menus of React Aria,
 * which are a fifth of the first view.
 */
export function HeaderMenu({ label, trigger, items }: HeaderMenuProps) {
  const [isOpen, setOpen] = useState(false);
  const frame = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const listId = useId();
  useClosing(frame, isOpen, (refocus) => {
    setOpen(false);
    if (refocus) button.current?.focus();
  });
  return (
    <div className="header-menu" ref={frame}>
      <button
        type="button"
        ref={button}
        className="menu-button"
        aria-label={label}
        aria-expanded={isOpen}
        aria-controls={listId}
        onClick={() => setOpen(!isOpen)}
      >
        {trigger}
      </button>
      <ul id={listId} className="header-list" aria-label={label} hidden={!isOpen}>
        {items.map((item) => (
          <li key={item.id}>
            <HeaderItem
              item={item}
              onDone={() => {
                setOpen(false);
                button.current?.focus();
              }}
            />
          </li>
        ))}
      </ul>
    </div>
  );
}

function HeaderItem({ item, onDone }: Readonly<{ item: Item; onDone: () => void }>) {
  const { label, description, isCurrent } = item;
  return (
    <button
      type="button"
      className={classNames('list-option', 'header-option', isCurrent === true && 'header-chosen')}
      {...(isCurrent === undefined ? {} : { 'aria-pressed': isCurrent })}
      onClick={() => {
        onDone();
        item.onAction();
      }}
    >
      <span className="header-option-text">
        <bdi>{label}</bdi>
        {description !== undefined && <bdi className="list-option-description">{description}</bdi>}
      </span>
      {isCurrent === true && <Mark sign="tick" />}
    </button>
  );
}

/** Escape closes it and gives the focus back; so does going elsewhere, which keeps the focus there. */
function useClosing(
  frame: Readonly<{ current: HTMLElement | null }>,
  isOpen: boolean,
  close: (refocus: boolean) => void,
): void {
  useEffect(() => {
    if (!isOpen) return;
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') close(true);
    };
    const onElsewhere = (event: Event): void => {
      if (event.target instanceof Node && frame.current?.contains(event.target) === false) {
        close(false);
      }
    };
    document.addEventListener('keydown', onKey);
    document.addEventListener('pointerdown', onElsewhere);
    document.addEventListener('focusin', onElsewhere);
    return () => {
      document.removeEventListener('keydown', onKey);
      document.removeEventListener('pointerdown', onElsewhere);
      document.removeEventListener('focusin', onElsewhere);
    };
  });
}
