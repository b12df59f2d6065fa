import type { ReactNode } from 'react';
import './facts.css';

type Fact = Readonly<{ label: string; value: ReactNode; hint?: ReactNode }>;

/** What is known of something, as names and values. What is undefined is left out. */
export function Facts({ items }: Readonly<{ items: readonly (Fact | undefined | false)[] }>) {
  return (
    <dl className="facts">
      {items.map(
        (item) =>
          item !== undefined &&
          item !== false && (
            <div key={item.label} className="fact">
              <dt className="fact-label">{item.label}</dt>
              <dd className="fact-value">
                {item.value}
                {item.hint !== undefined && <span className="fact-hint">{item.hint}</span>}
              </dd>
            </div>
          ),
      )}
    </dl>
  );
}
