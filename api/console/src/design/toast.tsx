import { useSyncExternalStore } from 'react';
import { Button } from 'react-aria-components';
import { Mark } from './mark.tsx';
import { closeToast, shownToasts, subscribeToasts } from './toasts.ts';
import './badge.css';
import './toast.css';
import './menu.css';

/** What was said lately, in the corner of the page; in the shell once. */
export function Toasts() {
  const toasts = useSyncExternalStore(subscribeToasts, shownToasts);
  return (
    <div className="toasts" role="region" aria-label="Messages">
      <div aria-live="polite" aria-relevant="additions">
        {toasts.map(({ id, title, body, tone }) => (
          <div key={id} className={`toast toast-${tone}`}>
            <div className="toast-text">
              <p className="toast-title">{title}</p>
              {body !== undefined && <p>{body}</p>}
            </div>
            <Button className="tag-remove" aria-label="Close" onPress={() => closeToast(id)}>
              <Mark sign="cross" />
            </Button>
          </div>
        ))}
      </div>
    </div>
  );
}
