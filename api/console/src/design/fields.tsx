import type { ReactNode } from 'react';
import {
  FieldError,
  Group,
  Input,
  Label,
  Text,
  TextArea,
  TextField as AriaTextField,
} from 'react-aria-components';
import './fields.css';

export type FieldProps = Readonly<{
  label: string;
  description?: ReactNode;
  /** What is wrong with the value; shown below the field. */
  error?: string | undefined;
  isRequired?: boolean | undefined;
  isDisabled?: boolean | undefined;
}>;

/** Description and fault of a field; inside of a field of React Aria. */
export function FieldNotes({ description, error }: Pick<FieldProps, 'description' | 'error'>) {
  return (
    <>
      {description !== undefined && (
        <Text slot="description" className="field-description">
          {description}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
    </>
  );
}

type TextFieldProps = FieldProps &
  Readonly<{
    value: string;
    onChange: (value: string) => void;
    placeholder?: string | undefined;
    multiline?: boolean | undefined;
    type?: 'text' | 'password' | 'url' | 'search' | undefined;
    autoComplete?: string | undefined;
    prefix?: string | undefined;
    suffix?: string | undefined;
    maxLength?: number | undefined;
  }>;

/** A line of text, or several. */
export function TextField(props: TextFieldProps) {
  const { label, description, error, value, onChange, placeholder, multiline, type } = props;
  const { isRequired = false, isDisabled = false, maxLength = 4096 } = props;
  return (
    <AriaTextField
      className="field"
      value={value}
      onChange={onChange}
      isInvalid={error !== undefined}
      isRequired={isRequired}
      isDisabled={isDisabled}
      validationBehavior="aria"
      type={type ?? 'text'}
      autoComplete={props.autoComplete ?? 'off'}
      maxLength={maxLength}
    >
      <FieldLabel label={label} isRequired={isRequired} />
      <Group className="field-box">
        {props.prefix !== undefined && <span className="field-affix">{props.prefix}</span>}
        {multiline === true ? (
          <TextArea className="field-input" rows={4} placeholder={placeholder ?? ''} />
        ) : (
          <Input className="field-input" placeholder={placeholder ?? ''} />
        )}
        {props.suffix !== undefined && <span className="field-affix">{props.suffix}</span>}
      </Group>
      <FieldNotes description={description} error={error} />
    </AriaTextField>
  );
}

/** The label of a field. */
export function FieldLabel({ label, isRequired }: { label: string; isRequired?: boolean }) {
  return (
    <Label className="field-label">
      {label}
      {isRequired === true && (
        <span className="field-required" aria-hidden="true">
          {' '}
          *
        </span>
      )}
    </Label>
  );
}
