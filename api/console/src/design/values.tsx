import type { ReactNode } from 'react';
import type { Asset } from '../../../../operator/domain/ledger/types.ts';
import type { Decimal, Instant } from '../../../../operator/domain/views/types.ts';
import { classNames } from './class-names.ts';
import { CopyButton } from './copy.tsx';
import {
  countryName,
  formatBytes,
  formatCount,
  formatDecimal,
  formatDuration,
  formatMicroUsd,
  formatPercent,
  formatTime,
  relativeTime,
  shorten,
} from './format.ts';
import { Link } from './link.tsx';
import { useNow } from './use-now.ts';
import './values.css';

/** An exact amount with its asset. */
export function Money({
  amount,
  asset,
  sign = false,
  perHour = false,
}: Readonly<{
  amount: Decimal;
  asset?: Asset | undefined;
  sign?: boolean | undefined;
  perHour?: boolean | undefined;
}>) {
  return (
    <span className="value">
      {formatDecimal(amount, { minDecimals: 2, sign })}
      {asset !== undefined && <span className="value-unit"> {asset}</span>}
      {perHour && <span className="value-unit"> / h</span>}
    </span>
  );
}

/** Dollars from micro-USD. */
export function Usd({
  microUsd,
  perHour = false,
}: Readonly<{ microUsd: number | bigint; perHour?: boolean | undefined }>) {
  return (
    <span className="value">
      {formatMicroUsd(microUsd)}
      {perHour && <span className="value-unit"> / h</span>}
    </span>
  );
}

/** A point in time in the reader's zone; UTC is in its title. */
export function Time({
  at,
  relative = false,
  dateOnly = false,
}: Readonly<{ at: Instant; relative?: boolean | undefined; dateOnly?: boolean | undefined }>) {
  if (relative) return <RelativeTime at={at} />;
  return (
    <time className="value" dateTime={at} title={`${at} (UTC)`}>
      {formatTime(at, { dateOnly })}
    </time>
  );
}

function RelativeTime({ at }: Readonly<{ at: Instant }>) {
  const now = useNow(10_000);
  return (
    <time className="value" dateTime={at} title={`${formatTime(at)} · ${at} (UTC)`}>
      {relativeTime(at, now)}
    </time>
  );
}

/** What is left until then; afterwards `done`. */
export function Countdown({
  to,
  done = 'now',
}: Readonly<{ to: Instant; done?: ReactNode | undefined }>) {
  const now = useNow(1_000);
  const seconds = (Date.parse(to) - now) / 1000;
  return (
    <time className="value" dateTime={to} title={`${formatTime(to)} · ${to} (UTC)`} role="timer">
      {seconds > 0 ? formatDuration(seconds) : done}
    </time>
  );
}

export function Percent({
  permille,
  ratio,
}: Readonly<{ permille?: number | undefined; ratio?: number | undefined }>) {
  return <span className="value">{formatPercent(ratio ?? (permille ?? 0) / 1000)}</span>;
}

export function Bytes({
  bytes,
  mib,
}: Readonly<{ bytes?: number | undefined; mib?: number | undefined }>) {
  return <span className="value">{formatBytes(bytes ?? (mib ?? 0) * 1_048_576)}</span>;
}

export function Count({ value }: Readonly<{ value: number }>) {
  return <span className="value">{formatCount(value)}</span>;
}

/**
 * A name that somebody else has chosen. It cannot turn the text around it, and where it is too long
 * its end is cut off until it is pointed at or has the focus.
 */
export function Name({
  children,
  mono = false,
  to,
}: Readonly<{ children: string; mono?: boolean | undefined; to?: string | undefined }>) {
  const text = (
    <bdi className={classNames('name', mono && 'name-mono')} title={children}>
      {children}
    </bdi>
  );
  return to === undefined ? (
    text
  ) : (
    <Link to={to} className="link name-link">
      {text}
    </Link>
  );
}

/** A long identifier: its ends, its whole in the title, and a button that copies it. */
export function Address({
  value,
  ends = 4,
}: Readonly<{ value: string; ends?: number | undefined }>) {
  return (
    <span className="address">
      <bdi className="name-mono" title={value}>
        {shorten(value, ends)}
      </bdi>
      <CopyButton text={value} label={`Copy ${shorten(value, ends)}`} iconOnly />
    </span>
  );
}

/** A country by the name that the reader's language has for it. */
export function Country({ code }: Readonly<{ code: string }>) {
  return <span title={code}>{countryName(code)}</span>;
}
