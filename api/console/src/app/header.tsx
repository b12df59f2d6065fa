import { Link } from '../design/link.tsx';
import { Name } from '../design/values.tsx';
import { classNames } from '../design/class-names.ts';
import { useTheme, type ThemeChoice } from '../design/theme.ts';
import { ButtonLink } from '../design/button.tsx';
import { HeaderMenu } from './header-menu.tsx';
import { useGo, usePath } from './navigation.ts';
import { productOf, products } from './products.ts';
import { useAccount, useSession, useSignOut, type Session } from './session.ts';
import '../design/menu.css';

/** Products, the account, the theme and who is signed in. */
export function Header() {
  const path = usePath();
  const product = productOf(path);
  return (
    <header className="header">
      <div className="header-row">
        <Link to="/" className="brand">
          <BrandMark />
          <span className="visually-hidden">Start</span>
        </Link>
        <nav aria-label="Products" className="products">
          {products.map(({ id, label, to }) => (
            <NavLink key={id} to={to} isCurrent={product?.id === id} className="product">
              {label}
            </NavLink>
          ))}
        </nav>
        <div className="header-end">
          <ThemeMenu />
          <UserMenu />
        </div>
      </div>
      {product !== undefined && product.nav.length > 0 && (
        <nav aria-label={product.label} className="subnav">
          {product.nav.map(({ to, label }) => (
            <NavLink
              key={to}
              to={to}
              isCurrent={isBelow(path, to, product.to)}
              className="subnav-link"
            >
              {label}
            </NavLink>
          ))}
        </nav>
      )}
    </header>
  );
}

/** The overview of a product is current only on its own page. */
const isBelow = (path: string, to: string, product: string): boolean =>
  path === to || (to !== product && path.startsWith(`${to}/`));

function NavLink({
  to,
  isCurrent,
  className,
  children,
}: Readonly<{ to: string; isCurrent: boolean; className: string; children: string }>) {
  return (
    <span className="nav-item" {...(isCurrent ? { 'data-current': true } : {})}>
      <Link to={to} className={classNames(className, isCurrent && `${className}-current`)}>
        {children}
        {isCurrent && <span className="visually-hidden"> (current)</span>}
      </Link>
    </span>
  );
}

function BrandMark() {
  return (
    <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--accent)" />
      <rect x="8" y="9" width="4" height="14" rx="2" fill="var(--accent-text)" />
      <circle cx="20" cy="16" r="5" fill="none" stroke="var(--accent-text)" strokeWidth="4" />
    </svg>
  );
}

const themes: readonly Readonly<{ id: ThemeChoice; label: string }>[] = [
  { id: 'system', label: 'As the system' },
  { id: 'light', label: 'Light' },
  { id: 'dark', label: 'Dark' },
];

function ThemeMenu() {
  const { choice, choose } = useTheme();
  return (
    <HeaderMenu
      label="Theme"
      trigger={<ThemeMark />}
      items={themes.map(({ id, label }) => ({
        id,
        label,
        isCurrent: id === choice,
        onAction: () => choose(id),
      }))}
    />
  );
}

function ThemeMark() {
  return (
    <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <circle cx="8" cy="8" r="6.5" fill="none" stroke="currentColor" strokeWidth="1.5" />
      <path d="M8 1.5a6.5 6.5 0 0 1 0 13z" fill="currentColor" />
    </svg>
  );
}

function UserMenu() {
  const { status, session } = useSession();
  if (session !== undefined) return <SignedInMenu session={session} />;
  if (status === 'loading') return undefined;
  return (
    <ButtonLink to="/sign-in" variant="primary">
      Sign in
    </ButtonLink>
  );
}

function SignedInMenu({ session }: Readonly<{ session: Session }>) {
  const [account, setAccount] = useAccount();
  const signOut = useSignOut();
  const go = useGo();
  const accounts = session.accounts.map((one) => ({
    id: `account ${one.namespace}/${one.name}`,
    label: one.name,
    isCurrent: one.name === account?.name && one.namespace === account.namespace,
    description: `${kinds[one.kind]} · ${one.namespace}`,
    onAction: () => setAccount(one),
  }));
  return (
    <HeaderMenu
      label={`Account and sign-out: ${account?.name ?? session.displayName}`}
      trigger={
        <span className="user">
          <span className="user-name">
            <Name>{account?.name ?? session.displayName}</Name>
          </span>
          <span className="select-arrow" aria-hidden="true" />
        </span>
      }
      items={[
        ...accounts,
        {
          id: 'sign-out',
          label: 'Sign out',
          description: session.displayName,
          onAction: () => {
            void signOut().catch(() => undefined);
            go('/');
          },
        },
      ]}
    />
  );
}

const kinds = { Renter: 'rents', Supplier: 'supplies', Both: 'rents and supplies' } as const;
