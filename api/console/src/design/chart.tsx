import { lazy, Suspense, useState } from 'react';
import { Button } from './button.tsx';
import { colorOf, type ChartProps } from './chart-props.ts';
import { summaryOf } from './chart-summary.ts';
import { formatTime } from './format.ts';
import './chart.css';

const Plot = lazy(() => import('./plot.tsx'));

/** Most rows of the table twin; more points are thinned. */
const maxRows = 200;

/** Values over time: drawn, told in a sentence, and as a table for who cannot see or wants the numbers. */
export function Chart(props: ChartProps) {
  const [asTable, setAsTable] = useState(false);
  const { title, x, series, format, height = 240 } = props;
  if (x.length === 0) return <p className="chart-empty">{title}: nothing is known yet.</p>;
  return (
    <figure className="chart">
      <figcaption className="chart-head">
        <span className="chart-title">{title}</span>
        <Button
          size="s"
          variant="quiet"
          aria-pressed={asTable}
          onPress={() => setAsTable(!asTable)}
        >
          {asTable ? 'Show as chart' : 'Show as table'}
        </Button>
      </figcaption>
      <p className="visually-hidden">{summaryOf(props)}</p>
      {asTable ? (
        <ChartTable {...props} />
      ) : (
        <div aria-hidden="true">
          <Suspense fallback={<div className="chart-space" aria-busy="true" style={{ height }} />}>
            <Plot {...props} height={height} />
          </Suspense>
          {series.length > 1 && <ChartLegend series={series} format={format} />}
        </div>
      )}
    </figure>
  );
}

function ChartLegend({ series, format }: Pick<ChartProps, 'series' | 'format'>) {
  return (
    <ul className="chart-legend">
      {series.map((one, at) => {
        const last = one.values.findLast((value) => value !== undefined);
        return (
          <li key={one.label}>
            <span className="chart-mark" style={{ background: `var(${colorOf(one, at)})` }} />
            {one.label}
            {last !== undefined && ` ${format(last)}`}
          </li>
        );
      })}
    </ul>
  );
}

function ChartTable({ title, x, series, format }: ChartProps) {
  const step = Math.ceil(x.length / maxRows);
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls takes the focus
    <div className="chart-table" tabIndex={0} role="region" aria-label={`${title} as a table`}>
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {series.map(({ label }) => (
              <th key={label} scope="col">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {x.map(
            (at, index) =>
              (index % step === 0 || index === x.length - 1) && (
                <tr key={at}>
                  <th scope="row">{formatTime(at)}</th>
                  {series.map(({ label, values }) => {
                    const value = values[index];
                    return <td key={label}>{value === undefined ? '–' : format(value)}</td>;
                  })}
                </tr>
              ),
          )}
        </tbody>
      </table>
    </div>
  );
}
