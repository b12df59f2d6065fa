import type { NetworkView } from '../../../../operator/domain/views/public.ts';
import { useApi } from '../client/use-api.ts';
import { ButtonLink } from '../design/button.tsx';
import { Card, Cards, Stat, Stats } from '../design/card.tsx';
import { Stack } from '../design/layout.tsx';
import { PageHeader } from '../design/page-header.tsx';
import { Loaded, Skeleton } from '../design/state.tsx';
import { Count, Percent } from '../design/values.tsx';
import { products } from './products.ts';
import { useSession } from './session.ts';

/** Where everybody comes in: what there is, and how much of it. */
export default function StartPage() {
  const { session } = useSession();
  const network = useApi<NetworkView>(['network'], '/network');
  return (
    <Stack gap={5}>
      <PageHeader
        title={session === undefined ? 'One GPU cloud out of many data centres' : 'Start'}
        description="Verified GPUs of independent data centres, rented by the second."
      />
      <Loaded query={network} skeleton={<Skeleton lines={1} height={92} />}>
        {({ devices, countries, utilisationPermille, clusters }) => (
          <Stats>
            <Stat label="GPUs to rent now" value={<Count value={devices.free} />} to="/cloud" />
            <Stat label="GPUs in all" value={<Count value={devices.total} />} />
            <Stat label="In use" value={<Percent permille={utilisationPermille} />} />
            <Stat label="Countries" value={<Count value={countries} />} to="/explorer" />
            <Stat label="Clusters that run" value={<Count value={clusters.running} />} />
          </Stats>
        )}
      </Loaded>
      <Cards min="17rem">
        {products.map(({ id, label, about, to }) => (
          <Card key={id} title={label}>
            <Stack>
              <p>{about}</p>
              <div>
                <ButtonLink to={to} variant={id === 'cloud' ? 'primary' : 'secondary'}>
                  Open {label}
                </ButtonLink>
              </div>
            </Stack>
          </Card>
        ))}
      </Cards>
    </Stack>
  );
}
