import { namespacesOf, useSession, type Session } from '../app/session.ts';
import { Card } from '../design/card.tsx';
import { Checkbox, RadioGroup, Select, Switch } from '../design/choice.tsx';
import { ComboBox } from '../design/combo-box.tsx';
import { Disclosure } from '../design/disclosure.tsx';
import { TextField } from '../design/fields.tsx';
import { NumberField } from '../design/number-field.tsx';
import type { RentFaults } from './rent-faults.ts';
import type { RentForm } from './rent-form.ts';
import { PlaceFields } from './rent-place-fields.tsx';
import { ModelField } from './rent-model-field.tsx';
import './cloud.css';

type FieldsProps = Readonly<{
  form: RentForm;
  faults: RentFaults;
  onChange: (patch: Partial<RentForm>) => void;
}>;

/** All fields of the form, in the order in which people think of them. */
export function RentFields(props: FieldsProps) {
  return (
    <>
      <Card title="Cluster">
        <OwnerFields {...props} />
      </Card>
      <Card title="GPUs">
        <GpuFields {...props} />
      </Card>
      <Card title="Where">
        <PlaceFields {...props} />
      </Card>
      <Card title="Limits">
        <LimitFields {...props} />
      </Card>
      <Disclosure title="Ray, memory and cores">
        <RayFields {...props} />
      </Disclosure>
    </>
  );
}

function OwnerFields({ form, faults, onChange }: FieldsProps) {
  const { session } = useSession();
  const namespaces = namespacesOf(session).map((id) => ({ id, label: id }));
  const accounts = (session?.accounts ?? [])
    .filter(({ namespace, kind }) => namespace === form.namespace && kind !== 'Supplier')
    .map(({ name }) => ({ id: name, label: name }));
  return (
    <div className="cl-fields">
      <TextField
        label="Name"
        isRequired
        value={form.name}
        onChange={(name) => onChange({ name })}
        error={faults.name}
        maxLength={63}
        placeholder="training-1"
      />
      <ComboBox
        label="Namespace"
        options={namespaces}
        value={form.namespace}
        onChange={(namespace) => onChange({ namespace, ...payerIn(session, namespace) })}
        allowsCustomValue
        error={faults.namespace}
      />
      <Select
        label="Who pays"
        options={[{ id: '-', label: 'Nobody is named' }, ...accounts]}
        value={form.account === '' ? '-' : form.account}
        onChange={(account) => onChange({ account: account === '-' ? '' : account })}
        error={faults.account}
        description="An account of this namespace."
      />
      <RadioGroup
        label="Paid in"
        orientation="horizontal"
        options={[
          { id: 'USDC', label: 'USDC' },
          { id: 'IO', label: 'IO, which saves a fee' },
        ]}
        value={form.asset}
        onChange={(asset) => onChange({ asset })}
        error={faults.asset}
      />
    </div>
  );
}

/** The account that pays in a namespace, as long as nobody chose another. */
function payerIn(session: Session | undefined, namespace: string): Pick<RentForm, 'account'> {
  const accounts = (session?.accounts ?? []).filter(
    (account) => account.namespace === namespace && account.kind !== 'Supplier',
  );
  return { account: accounts[0]?.name ?? '' };
}

function GpuFields(props: FieldsProps) {
  const { form, faults, onChange } = props;
  return (
    <div className="cl-fields">
      <div className="cl-wide">
        <ModelField {...props} />
      </div>
      <NumberField
        label="Workers"
        value={form.workers}
        onChange={(workers) => onChange({ workers: workers ?? 0 })}
        min={0}
        max={1000}
        error={faults.workers}
      />
      <NumberField
        label="GPUs of each worker"
        value={form.devicesPerWorker}
        onChange={(devicesPerWorker) => onChange({ devicesPerWorker: devicesPerWorker ?? 0 })}
        min={0}
        max={16}
        error={faults.devicesPerWorker}
        description="All of them in one machine."
      />
      <NumberField
        label="Memory of each GPU, at least"
        value={form.minMemoryGiB}
        onChange={(minMemoryGiB) => onChange({ minMemoryGiB })}
        min={1}
        max={4096}
        suffix="GB"
        error={faults.minMemoryGiB}
      />
      <RadioGroup
        label="How they are rented"
        options={[
          { id: 'OnDemand', label: 'On demand', description: 'Yours until you end it.' },
          { id: 'Spot', label: 'Spot', description: 'Cheaper, but may be taken back.' },
        ]}
        value={form.capacity}
        onChange={(capacity) => onChange({ capacity })}
        error={faults.capacity}
      />
      <Checkbox
        isSelected={form.nvlink}
        onChange={(nvlink) => onChange({ nvlink })}
        description="Only GPUs that are joined by it."
      >
        NVLink
      </Checkbox>
      <Switch
        isSelected={form.autoscale}
        onChange={(autoscale) => onChange({ autoscale })}
        description="Ray adds and removes workers; the lease covers the most of them."
      >
        Autoscaling
      </Switch>
      {form.autoscale && (
        <NumberField
          label="Workers, at most"
          value={form.maxWorkers}
          onChange={(maxWorkers) => onChange({ maxWorkers: maxWorkers ?? 0 })}
          min={1}
          max={1000}
          error={faults.maxWorkers}
        />
      )}
    </div>
  );
}

function LimitFields({ form, faults, onChange }: FieldsProps) {
  return (
    <div className="cl-fields">
      <NumberField
        label="Price of one GPU, at most"
        value={form.maxUsdPerGpuHour}
        onChange={(maxUsdPerGpuHour) => onChange({ maxUsdPerGpuHour })}
        min={0.001}
        max={1000}
        step={0.001}
        suffix="USD an hour"
        error={faults.maxUsdPerGpuHour}
      />
      <NumberField
        label="Cost in all, at most"
        value={form.maxUsd}
        onChange={(maxUsd) => onChange({ maxUsd })}
        min={0.01}
        max={1_000_000}
        step={0.01}
        suffix="USD"
        error={faults.maxUsd}
        description="With fees. Then it ends by itself."
      />
      <TextField
        label="Ends after"
        value={form.ttl}
        onChange={(ttl) => onChange({ ttl })}
        placeholder="12h"
        error={faults.ttl}
        maxLength={24}
        description="From the start of the lease, such as 2h30m. Empty: when you end it."
      />
    </div>
  );
}

function RayFields({ form, faults, onChange }: FieldsProps) {
  return (
    <div className="cl-fields">
      <TextField
        label="Ray version"
        value={form.rayVersion}
        onChange={(rayVersion) => onChange({ rayVersion })}
        error={faults.rayVersion}
        maxLength={16}
        description="That of your own programs."
      />
      <Select
        label="Image"
        options={[
          { id: 'Ray', label: 'Ray' },
          { id: 'RayLLM', label: 'Ray with an inference engine' },
          { id: 'Image', label: 'Your own' },
        ]}
        value={form.stack}
        onChange={(stack) => onChange({ stack })}
        error={faults.stack}
      />
      {form.stack === 'Image' && (
        <TextField
          label="Your image"
          value={form.image}
          onChange={(image) => onChange({ image })}
          error={faults.image}
          maxLength={256}
          placeholder="ray.example/team/train:1.4.0"
        />
      )}
      <TextField
        label="Cores of each worker"
        value={form.cpu}
        onChange={(cpu) => onChange({ cpu })}
        error={faults.cpu}
        maxLength={24}
      />
      <TextField
        label="Memory of each worker"
        value={form.memory}
        onChange={(memory) => onChange({ memory })}
        error={faults.memory}
        maxLength={24}
      />
    </div>
  );
}
