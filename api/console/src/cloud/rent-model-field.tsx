import { MultiPick } from '../design/combo-box.tsx';
import { modelOptions, useModels } from './market-data.ts';
import type { RentFaults } from './rent-faults.ts';
import type { RentForm } from './rent-form.ts';

type ModelFieldProps = Readonly<{
  form: RentForm;
  faults: RentFaults;
  onChange: (patch: Partial<RentForm>) => void;
}>;

/** Models of which any will do. */
export function ModelField({ form, faults, onChange }: ModelFieldProps) {
  const models = useModels();
  return (
    <MultiPick
      label="Models"
      options={modelOptions(models.data?.items)}
      value={form.models}
      onChange={(names) => onChange({ models: names })}
      allowsCustomValue
      max={16}
      error={faults.models}
      description="Any of these will do. None chosen: any GPU."
    />
  );
}
