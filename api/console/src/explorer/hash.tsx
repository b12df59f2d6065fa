import { CopyButton } from '../design/copy.tsx';
import './explorer.css';

/** A hash in full, since people compare it with one from elsewhere. */
export function Hash({ value, label }: Readonly<{ value: string; label: string }>) {
  return (
    <span className="ex-hash">
      <code>{value}</code>
      <CopyButton text={value} label={`Copy ${label}`} iconOnly />
    </span>
  );
}
