import { Group, Input, NumberField as AriaNumberField } from 'react-aria-components';
import { FieldLabel, FieldNotes, type FieldProps } from './fields.tsx';

type NumberFieldProps = FieldProps &
  Readonly<{
    value: number | undefined;
    onChange: (value: number | undefined) => void;
    min?: number | undefined;
    max?: number | undefined;
    step?: number | undefined;
    suffix?: string | undefined;
    formatOptions?: Intl.NumberFormatOptions | undefined;
  }>;

/** A number, written and shown as the reader's language does. */
export function NumberField(props: NumberFieldProps) {
  const { label, description, error, value, onChange, isRequired = false } = props;
  return (
    <AriaNumberField
      className="field"
      value={value ?? Number.NaN}
      onChange={(next) => onChange(Number.isNaN(next) ? undefined : next)}
      isInvalid={error !== undefined}
      isRequired={isRequired}
      isDisabled={props.isDisabled ?? false}
      validationBehavior="aria"
      step={props.step ?? 1}
      {...(props.min === undefined ? {} : { minValue: props.min })}
      {...(props.max === undefined ? {} : { maxValue: props.max })}
      {...(props.formatOptions === undefined ? {} : { formatOptions: props.formatOptions })}
    >
      <FieldLabel label={label} isRequired={isRequired} />
      <Group className="field-box">
        <Input className="field-input" />
        {props.suffix !== undefined && <span className="field-affix">{props.suffix}</span>}
      </Group>
      <FieldNotes description={description} error={error} />
    </AriaNumberField>
  );
}
