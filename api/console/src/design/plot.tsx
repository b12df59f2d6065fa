import { useEffect, useRef } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { colorOf, type ChartProps } from './chart-props.ts';
import { cssColor } from './css-color.ts';
import { useTheme } from './theme.ts';

/** The drawing of a chart. Its own file, since uPlot is only fetched where something is drawn. */
export default function Plot(props: ChartProps & Readonly<{ height: number }>) {
  const frame = useRef<HTMLDivElement>(null);
  const { effective: theme } = useTheme();
  const { x, series, height, min, max } = props;
  // Pages are drawn anew each second by their clocks; the plot only when what it shows is another.
  const shown = JSON.stringify([x, series, height, min, max]);
  useEffect(() => {
    const { current } = frame;
    if (current === null) return;
    const plot = new UPlot(optionsOf(props, current.clientWidth), dataOf(props), current);
    const observer = new ResizeObserver(() =>
      plot.setSize({ width: current.clientWidth, height: props.height }),
    );
    observer.observe(current);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
    // oxlint-disable-next-line react/exhaustive-deps -- the text is the properties; colours the theme's
  }, [shown, theme]);
  return <div ref={frame} className="chart-plot" style={{ height: props.height }} />;
}

function dataOf({ x, series }: ChartProps): UPlot.AlignedData {
  return [
    x.map((at) => Date.parse(at) / 1000),
    ...series.map(({ values }) => values.map((value) => value ?? null)),
  ];
}

function optionsOf(props: ChartProps & Readonly<{ height: number }>, width: number): UPlot.Options {
  const { series, format, height, min, max } = props;
  const axis = {
    stroke: cssColor('--text-2'),
    grid: { stroke: cssColor('--line'), width: 1 },
    ticks: { show: false },
    font: `12px ${getComputedStyle(document.body).fontFamily}`,
  };
  return {
    width,
    height,
    legend: { show: false },
    cursor: { drag: { x: false, y: false } },
    scales: {
      x: { time: true },
      y: { range: (_plot, low, high) => rangeOf(low, high, min, max) },
    },
    axes: [
      axis,
      { ...axis, size: 64, values: (_plot, splits) => splits.map((split) => format(split)) },
    ],
    series: [{}, ...series.map((one, at) => lineOf(one, cssColor(colorOf(one, at))))],
  };
}

/** The range of values, never empty. */
function rangeOf(
  low: number | null,
  high: number | null,
  min: number | undefined,
  max: number | undefined,
): [number, number] {
  const bottom = min ?? Math.min(0, low ?? 0);
  const top = max ?? Math.max(high ?? 1, bottom) * 1.08;
  return top > bottom ? [bottom, top] : [bottom, bottom + 1];
}

function lineOf({ kind, fill, label }: ChartProps['series'][number], color: string): UPlot.Series {
  const bars = kind === 'bars' ? UPlot.paths.bars?.({ size: [0.7, 40] }) : undefined;
  return {
    label,
    stroke: color,
    width: bars === undefined ? 2 : 0,
    points: { show: false },
    spanGaps: false,
    ...(fill === true || bars !== undefined ? { fill: fillOf(color, bars === undefined) } : {}),
    ...(bars === undefined ? {} : { paths: bars }),
  };
}

/** The colour, thinner below a line. */
const fillOf = (color: string, thin: boolean): string =>
  thin ? `color-mix(in srgb, ${color} 16%, transparent)` : color;
