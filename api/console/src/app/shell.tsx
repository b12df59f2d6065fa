import { Outlet, useRouter } from '@tanstack/react-router';
import { I18nProvider, RouterProvider as AriaRouter } from 'react-aria-components';
import { useEvents } from '../client/use-events.ts';
import { Toasts } from '../design/toast.tsx';
import { Banner } from './banner.tsx';
import { Header } from './header.tsx';
import { hrefOf } from './navigation.ts';
import { useSession, useSessionSync, useSite } from './session.ts';
import './shell.css';

/** What stays while pages change: header, banner, messages. */
export function Shell() {
  const { history } = useRouter();
  const { status } = useSession();
  useSessionSync();
  const connected = useEvents(
    status === 'signedIn' ? '/events' : '/network/events',
    status !== 'loading',
  );
  return (
    <AriaRouter navigate={(to) => history.push(hrefOf(to))} useHref={hrefOf}>
      <I18nProvider locale={navigator.language}>
        <div className="shell">
          <a className="skip" href="#main">
            Skip to content
          </a>
          <Header />
          <Banner connected={connected} />
          <main id="main" className="shell-main" tabIndex={-1}>
            <Outlet />
          </main>
          <Footer />
        </div>
        <Toasts />
      </I18nProvider>
    </AriaRouter>
  );
}

function Footer() {
  const site = useSite();
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return (
    <footer className="shell-foot">
      <span>{site?.name ?? ''}</span>
      <span>Times are in {zone}; epochs are hours in UTC.</span>
    </footer>
  );
}
