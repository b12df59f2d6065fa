import { Stack } from '../design/layout.tsx';
import { PageHeader } from '../design/page-header.tsx';
import { Loaded, Skeleton } from '../design/state.tsx';
import { useModels } from './data.ts';
import { ModelsTable } from './models-table.tsx';
import './explorer.css';

export default function ModelsPage() {
  const models = useModels();
  return (
    <Stack gap={5}>
      <PageHeader
        title="Models"
        description={
          <>What there is of each GPU model, what is rented, and what waiting clusters want.</>
        }
      />
      <Loaded query={models} skeleton={<Skeleton lines={8} />}>
        {({ items }) => <ModelsTable models={items} />}
      </Loaded>
      <p className="ex-note">
        Wanted: GPUs that waiting clusters ask for and that could be of this model; a cluster that
        takes several models counts for each. Demand: rented and wanted, of rented and free. Above
        100 % more is asked for than there is.
      </p>
    </Stack>
  );
}
