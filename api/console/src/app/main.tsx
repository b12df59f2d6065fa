import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { queryClient } from '../client/query-client.ts';
import '../design/base.css';
import { showTheme } from '../design/theme.ts';
import { ErrorBoundary } from './error-boundary.tsx';
import { reloadForNewVersion } from './new-version.ts';
import { router } from './router.tsx';

showTheme();
reloadForNewVersion();

const root = document.querySelector('#root');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <ErrorBoundary>
        <QueryClientProvider client={queryClient}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </ErrorBoundary>
    </StrictMode>,
  );
}
