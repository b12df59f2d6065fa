const paths = {
  tick: 'M3 8.5 6.5 12 13 4.5',
  dot: 'M8 8h.01',
  bang: 'M8 3.5v5M8 12h.01',
  dash: 'M4 8h8',
  cross: 'm4 4 8 8M12 4l-8 8',
} as const;

/** A small drawn sign. Not a letter: fonts lack some of them. What it says is said by text beside it. */
export function Mark({ sign, size = 14 }: Readonly<{ sign: keyof typeof paths; size?: number }>) {
  return (
    <svg
      viewBox="0 0 16 16"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      strokeWidth={sign === 'dot' ? 7 : 2.2}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={paths[sign]} />
    </svg>
  );
}
