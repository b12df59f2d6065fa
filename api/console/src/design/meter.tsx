import { Label, Meter as AriaMeter } from 'react-aria-components';
import { formatCount, formatPercent } from './format.ts';
import type { Tone } from './tone.ts';
import './meter.css';

/** How much of something, from 0 to 1. */
export function Meter({
  label,
  value,
  tone = 'accent',
  text,
}: Readonly<{
  label: string;
  value: number;
  tone?: Tone | undefined;
  text?: string | undefined;
}>) {
  const ratio = Number.isFinite(value) ? Math.min(1, Math.max(0, value)) : 0;
  const shown = text ?? formatPercent(ratio);
  return (
    <AriaMeter className="meter" value={ratio * 100} valueLabel={shown}>
      <div className="meter-head">
        <Label className="meter-label">{label}</Label>
        <span>{shown}</span>
      </div>
      <div className="meter-track">
        <div className={`meter-fill dot-${tone}`} style={{ width: `${ratio * 100}%` }} />
      </div>
    </AriaMeter>
  );
}

type Part = Readonly<{ label: string; value: number; color?: string | undefined }>;

const colors = ['--c1', '--c2', '--c3', '--c4', '--c5', '--c6'];

/** Parts of a whole, with a legend that says the numbers. */
export function StackedBar({ label, parts }: Readonly<{ label: string; parts: readonly Part[] }>) {
  const total = parts.reduce((sum, part) => sum + Math.max(0, part.value), 0);
  const colorOf = (part: Part, at: number): string =>
    `var(${part.color ?? colors[at % colors.length]})`;
  return (
    <figure className="stacked">
      <figcaption className="visually-hidden">{label}</figcaption>
      <div className="meter-track" aria-hidden="true">
        {parts.map((part, at) => (
          <div
            key={part.label}
            className="meter-fill"
            style={{
              width: `${total === 0 ? 0 : (part.value / total) * 100}%`,
              background: colorOf(part, at),
            }}
          />
        ))}
      </div>
      <ul className="legend">
        {parts.map((part, at) => (
          <li key={part.label}>
            <span className="legend-mark" style={{ background: colorOf(part, at) }} />
            {part.label} {formatCount(part.value)}
          </li>
        ))}
      </ul>
    </figure>
  );
}
