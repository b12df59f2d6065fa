import { Button } from '../design/button.tsx';
import { Card } from '../design/card.tsx';
import { Checkbox, RadioGroup, Select, type Option } from '../design/choice.tsx';
import { TextField } from '../design/fields.tsx';
import { NumberField } from '../design/number-field.tsx';
import { Stack } from '../design/layout.tsx';
import type { MarketFilter } from './market-rows.ts';

type FiltersProps = Readonly<{
  filter: MarketFilter;
  onChange: (filter: MarketFilter) => void;
  countries: readonly Option[];
}>;

const anywhere = 'anywhere';

/** What one looks for. */
export function MarketFilters({ filter, onChange, countries }: FiltersProps) {
  const set = (patch: Partial<MarketFilter>): void => onChange({ ...filter, ...patch });
  return (
    <Card title="What you look for">
      <Stack>
        <TextField
          label="Model"
          type="search"
          value={filter.text}
          onChange={(text) => set({ text })}
          placeholder="H100, L40S, …"
        />
        <RadioGroup
          label="How it is rented"
          orientation="horizontal"
          options={[
            { id: 'OnDemand', label: 'On demand' },
            { id: 'Spot', label: 'Spot' },
          ]}
          value={filter.spot ? 'Spot' : 'OnDemand'}
          onChange={(capacity) => set({ spot: capacity === 'Spot' })}
          description={filter.spot ? 'Cheaper, but may be taken back.' : 'Yours until you end it.'}
        />
        <Select
          label="Country"
          options={[{ id: anywhere, label: 'Anywhere' }, ...countries]}
          value={filter.country ?? anywhere}
          onChange={(country) => set({ country: country === anywhere ? undefined : country })}
        />
        <NumberField
          label="Memory, at least"
          value={filter.minMemoryGiB}
          onChange={(minMemoryGiB) => set({ minMemoryGiB })}
          min={1}
          max={4096}
          suffix="GiB"
        />
        <NumberField
          label="Price, at most"
          value={filter.maxUsdPerHour}
          onChange={(maxUsdPerHour) => set({ maxUsdPerHour })}
          min={0}
          max={1000}
          step={0.01}
          suffix="USD an hour"
        />
        <Checkbox isSelected={filter.freeOnly} onChange={(freeOnly) => set({ freeOnly })}>
          Only what is free now
        </Checkbox>
        <Button
          variant="quiet"
          size="s"
          onPress={() =>
            onChange({
              ...filter,
              text: '',
              country: undefined,
              minMemoryGiB: undefined,
              maxUsdPerHour: undefined,
              freeOnly: false,
            })
          }
        >
          Clear all
        </Button>
      </Stack>
    </Card>
  );
}
