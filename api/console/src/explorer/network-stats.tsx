import type { NetworkView } from '../../../../operator/domain/views/public.ts';
import { Stat, Stats } from '../design/card.tsx';
import { relativeTime } from '../design/format.ts';
import { Stack } from '../design/layout.tsx';
import { Notice } from '../design/state.tsx';
import { useNow } from '../design/use-now.ts';
import { Count, Percent, Time } from '../design/values.tsx';
import { bookingPermille } from './market.ts';
import './explorer.css';

/** The hub counts every five seconds; after so long it has missed several. */
const staleAfterMs = 30_000;
const lookEveryMs = 5_000;

export function NetworkStats({ view }: Readonly<{ view: NetworkView }>) {
  const { devices, clusters, members, countries } = view;
  const booking = bookingPermille(view);
  return (
    <Stack gap={4}>
      <Stats>
        <Stat
          label="GPUs"
          value={<Count value={devices.total} />}
          hint={
            <>
              <Count value={devices.verified} /> of them verified
            </>
          }
        />
        <Stat
          label="Rented now"
          value={<Count value={devices.leased} />}
          hint={
            <>
              by <Count value={clusters.running} /> clusters
            </>
          }
        />
        <Stat
          label="Free now"
          value={<Count value={devices.free} />}
          hint={
            <>
              <Count value={clusters.waiting} /> clusters wait
            </>
          }
        />
        <Stat
          label="Utilisation"
          value={<Percent permille={view.utilisationPermille} />}
          hint="rented of all that can be rented"
        />
        <Stat
          label="Booking rate"
          value={booking === undefined ? '–' : <Percent permille={booking} />}
          hint="rented of all verified GPUs"
        />
        <Stat
          label="Data centres"
          value={<Count value={members} />}
          hint={
            <>
              in <Count value={countries} /> {countries === 1 ? 'country' : 'countries'}
            </>
          }
          to="/explorer/countries"
        />
      </Stats>
      <Freshness asOf={view.asOf} />
    </Stack>
  );
}

/** When it was counted; loud when that is long ago. */
function Freshness({ asOf }: Readonly<{ asOf: string }>) {
  const nowMs = useNow(lookEveryMs);
  if (nowMs - Date.parse(asOf) > staleAfterMs) {
    return (
      <Notice tone="warn" title="These figures are not of now">
        The hub counted last <Time at={asOf} relative />. What runs goes on meanwhile.
      </Notice>
    );
  }
  return <p className="ex-note">Counted {countedAgo(asOf, nowMs)}, and again every few seconds.</p>;
}

/** Never in the future: the page's clock ticks more slowly than the hub counts. */
const countedAgo = (asOf: string, nowMs: number): string =>
  relativeTime(asOf, Math.max(nowMs, Date.parse(asOf)));
