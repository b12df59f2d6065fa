import type { ReactNode } from 'react';
import { Button as AriaButton, Link as AriaLink } from 'react-aria-components';
import { classNames } from './class-names.ts';
import { VisuallyHidden } from './visually-hidden.tsx';
import './button.css';

type Looks = Readonly<{
  variant?: 'primary' | 'secondary' | 'quiet' | 'danger' | undefined;
  size?: 's' | 'm' | undefined;
  children: ReactNode;
}>;

type ButtonProps = Looks &
  Readonly<{
    onPress?: (() => void) | undefined;
    type?: 'button' | 'submit' | undefined;
    isPending?: boolean | undefined;
    isDisabled?: boolean | undefined;
    'aria-label'?: string;
    'aria-pressed'?: boolean;
    autoFocus?: boolean | undefined;
  }>;

/**
 * A button. While it is pending it keeps the focus, cannot be pressed again, and says so; not with
 * React Aria's isPending, whose announcement names a button that may be gone by then.
 */
export function Button({
  variant = 'secondary',
  size = 'm',
  type = 'button',
  isPending = false,
  isDisabled = false,
  autoFocus = false,
  onPress,
  children,
  ...aria
}: ButtonProps) {
  return (
    <AriaButton
      {...aria}
      className={classNames(
        'button',
        `button-${variant}`,
        size === 's' && 'button-s',
        isPending && 'button-pending',
      )}
      type={isPending ? 'button' : type}
      isDisabled={isDisabled}
      // Asked for by dialogs only, whose first control takes the focus.
      // oxlint-disable-next-line jsx-a11y/no-autofocus -- a dialog moves the focus into itself
      autoFocus={autoFocus}
      {...(onPress === undefined || isPending ? {} : { onPress: () => onPress() })}
    >
      {isPending && <span className="button-spinner" aria-hidden="true" />}
      <span className="button-text">{children}</span>
      {isPending && <VisuallyHidden> (working)</VisuallyHidden>}
    </AriaButton>
  );
}

/** A link that looks like a button; `to` is a path of the console. */
export function ButtonLink({
  to,
  variant = 'secondary',
  size = 'm',
  children,
}: Looks & Readonly<{ to: string }>) {
  return (
    <AriaLink
      href={to}
      className={classNames('button', `button-${variant}`, size === 's' && 'button-s')}
    >
      <span className="button-text">{children}</span>
    </AriaLink>
  );
}
