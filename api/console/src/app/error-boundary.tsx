import { Component, type ReactNode } from 'react';
import '../design/state.css';

type State = Readonly<{ failed: boolean }>;

/** The last resort: whatever fails, there is a page that says so. It needs nothing that could fail too. */
export class ErrorBoundary extends Component<Readonly<{ children: ReactNode }>, State> {
  override state: State = { failed: false };

  static getDerivedStateFromError(): State {
    return { failed: true };
  }

  override render(): ReactNode {
    if (!this.state.failed) return this.props.children;
    return (
      <main className="empty" role="alert">
        <h1 className="empty-title">The console failed</h1>
        <p className="empty-text">
          Nothing of yours is lost: clusters run on without it. Load the page again; if it fails
          again, kubectl io does the same from a terminal.
        </p>
        <button type="button" onClick={() => location.reload()}>
          Load again
        </button>
      </main>
    );
  }
}
