import type { ReactNode } from 'react';
import {
  Button,
  Checkbox as AriaCheckbox,
  ListBox,
  ListBoxItem,
  Popover,
  Radio,
  RadioGroup as AriaRadioGroup,
  Select as AriaSelect,
  SelectValue,
  Switch as AriaSwitch,
  Text,
} from 'react-aria-components';
import { classNames } from './class-names.ts';
import { FieldLabel, FieldNotes } from './fields.tsx';
import { Mark } from './mark.tsx';
import './menu.css';

export type Option<Key extends string = string> = Readonly<{
  id: Key;
  label: string;
  description?: string | undefined;
  isDisabled?: boolean | undefined;
}>;

type CheckProps = Readonly<{
  isSelected: boolean;
  onChange: (isSelected: boolean) => void;
  children: ReactNode;
  description?: ReactNode;
  isDisabled?: boolean | undefined;
}>;

/** Yes or no. */
export function Checkbox({ description, children, isDisabled = false, ...rest }: CheckProps) {
  return (
    <AriaCheckbox {...rest} isDisabled={isDisabled} className="choice">
      <span className="choice-mark" aria-hidden="true">
        {rest.isSelected && <Mark sign="tick" />}
      </span>
      <ChoiceText label={children} description={description} />
    </AriaCheckbox>
  );
}

/** On or off, at once. */
export function Switch({ description, children, isDisabled = false, ...rest }: CheckProps) {
  return (
    <AriaSwitch {...rest} isDisabled={isDisabled} className="choice">
      <span className="choice-switch" aria-hidden="true" />
      <ChoiceText label={children} description={description} />
    </AriaSwitch>
  );
}

function ChoiceText({ label, description }: { label: ReactNode; description?: ReactNode }) {
  return (
    <span className="choice-text">
      {label}
      {description !== undefined && <span className="choice-description">{description}</span>}
    </span>
  );
}

type ChoiceProps<Key extends string> = Readonly<{
  label: string;
  options: readonly Option<Key>[];
  value: Key | undefined;
  onChange: (value: Key) => void;
  description?: ReactNode;
  error?: string | undefined;
  isDisabled?: boolean | undefined;
}>;

/** One of a few, all of them shown. */
export function RadioGroup<Key extends string>({
  orientation = 'vertical',
  ...props
}: ChoiceProps<Key> & Readonly<{ orientation?: 'horizontal' | 'vertical' | undefined }>) {
  return (
    <AriaRadioGroup
      className="field"
      value={props.value ?? null}
      onChange={(value) => props.onChange(value as Key)}
      isInvalid={props.error !== undefined}
      isDisabled={props.isDisabled ?? false}
      orientation={orientation}
    >
      <FieldLabel label={props.label} />
      <div
        className={classNames(
          'choice-options',
          orientation === 'horizontal' && 'choice-options-horizontal',
        )}
      >
        {props.options.map(({ id, label, description, isDisabled = false }) => (
          <Radio key={id} value={id} isDisabled={isDisabled} className="choice">
            <span className="choice-mark choice-mark-round" aria-hidden="true" />
            <ChoiceText label={label} description={description} />
          </Radio>
        ))}
      </div>
      <FieldNotes description={props.description} error={props.error} />
    </AriaRadioGroup>
  );
}

/** One of several, in a list that opens. */
export function Select<Key extends string>({
  hideLabel = false,
  placeholder = 'Choose',
  ...props
}: ChoiceProps<Key> &
  Readonly<{ hideLabel?: boolean | undefined; placeholder?: string | undefined }>) {
  return (
    <AriaSelect
      className="field"
      {...(hideLabel ? { 'aria-label': props.label } : {})}
      value={props.value ?? null}
      onChange={(value) => {
        if (value !== null) props.onChange(String(value) as Key);
      }}
      placeholder={placeholder}
      isInvalid={props.error !== undefined}
      isDisabled={props.isDisabled ?? false}
    >
      {!hideLabel && <FieldLabel label={props.label} />}
      <Button className="select-button">
        <SelectValue className="select-value" />
        <span className="select-arrow" aria-hidden="true" />
      </Button>
      <FieldNotes description={props.description} error={props.error} />
      <Popover className="popover">
        <ListBox className="list-box" items={props.options}>
          {(option) => <ListOption option={option} />}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}

/** A line of a list that opens. */
export function ListOption({ option }: { option: Option }) {
  return (
    <ListBoxItem
      id={option.id}
      textValue={option.label}
      isDisabled={option.isDisabled ?? false}
      className="list-option"
    >
      <Text slot="label">
        <bdi>{option.label}</bdi>
      </Text>
      {option.description !== undefined && (
        <Text slot="description" className="list-option-description">
          {option.description}
        </Text>
      )}
    </ListBoxItem>
  );
}
