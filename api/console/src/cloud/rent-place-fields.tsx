import { Select } from '../design/choice.tsx';
import { ComboBox, MultiPick } from '../design/combo-box.tsx';
import { NumberField } from '../design/number-field.tsx';
import { certificationOptions, countryOptions, useCountries } from './market-data.ts';
import { places } from './places.ts';
import type { RentFaults } from './rent-faults.ts';
import type { RentForm } from './rent-form.ts';

type PlaceFieldsProps = Readonly<{
  form: RentForm;
  faults: RentFaults;
  onChange: (patch: Partial<RentForm>) => void;
}>;

const placeOptions = places.map(({ id, label }) => ({ id, label }));

/** Where it may run. */
export function PlaceFields({ form, faults, onChange }: PlaceFieldsProps) {
  const countries = useCountries();
  return (
    <div className="cl-fields">
      <MultiPick
        label="Countries"
        options={countryOptions(countries.data?.items)}
        value={form.countries}
        onChange={(codes) => onChange({ countries: codes.map((code) => code.toUpperCase()) })}
        allowsCustomValue
        max={50}
        error={faults.countries}
        description="By name, or a code such as NL. None: anywhere."
      />
      <MultiPick
        label="Certifications"
        options={certificationOptions}
        value={form.certifications}
        onChange={(certifications) => onChange({ certifications })}
        allowsCustomValue
        error={faults.certifications}
        description="Only data centres that have all of these."
      />
      <ComboBox
        label="Close to"
        options={placeOptions}
        value={form.place === '' ? undefined : form.place}
        onChange={(place) => onChange({ place })}
        error={faults.place}
        description="A city near you, or near your users. Empty: distance does not matter."
      />
      {form.place !== '' && (
        <NumberField
          label="Round trip, at most"
          value={form.maxMilliseconds}
          onChange={(maxMilliseconds) => onChange({ maxMilliseconds: maxMilliseconds ?? 50 })}
          min={1}
          max={1000}
          suffix="ms"
          error={faults.maxMilliseconds}
        />
      )}
      <Select
        label="Which is taken"
        options={[
          { id: 'Cheapest', label: 'The cheapest' },
          { id: 'Fastest', label: 'The fastest' },
          { id: 'Balanced', label: 'The best of both' },
        ]}
        value={form.strategy}
        onChange={(strategy) => onChange({ strategy })}
        error={faults.strategy}
      />
      <Select
        label="How close the GPUs are"
        options={[
          { id: 'Any', label: 'Does not matter' },
          { id: 'SameNode', label: 'All in one machine' },
          { id: 'SameNvlinkDomain', label: 'All joined by NVLink' },
        ]}
        value={form.topology}
        onChange={(topology) => onChange({ topology })}
        error={faults.topology}
      />
    </div>
  );
}
