import { useState, type KeyboardEvent, type ReactNode } from 'react';
import {
  Button,
  ComboBox as AriaComboBox,
  Group,
  Input,
  type Key,
  ListBox,
  Popover,
} from 'react-aria-components';
import { ListOption, type Option } from './choice.tsx';
import { FieldLabel, FieldNotes } from './fields.tsx';
import { Mark } from './mark.tsx';
import { VisuallyHidden } from './visually-hidden.tsx';
import './menu.css';

type ComboProps = Readonly<{
  label: string;
  options: readonly Option[];
  description?: ReactNode;
  error?: string | undefined;
  /** Whether what was typed may be taken although it is no option. */
  allowsCustomValue?: boolean | undefined;
  placeholder?: string | undefined;
}>;

/** One of many, found by typing. */
export function ComboBox({
  value,
  onChange,
  ...props
}: ComboProps & Readonly<{ value: string | undefined; onChange: (value: string) => void }>) {
  return (
    <AriaComboBox
      className="field"
      defaultItems={props.options}
      {...(props.allowsCustomValue === true
        ? { allowsCustomValue: true, inputValue: value ?? '', onInputChange: onChange }
        : {
            value: value ?? null,
            onChange: (key: Key | null) => onChange(key === null ? '' : String(key)),
          })}
      isInvalid={props.error !== undefined}
    >
      <ComboParts {...props} />
    </AriaComboBox>
  );
}

type PartsProps = ComboProps &
  Readonly<{
    onKeyDown?: ((event: KeyboardEvent<HTMLInputElement>) => void) | undefined;
    onBlur?: (() => void) | undefined;
  }>;

function ComboParts(props: PartsProps) {
  const { label, description, error, placeholder = '', onKeyDown, onBlur } = props;
  return (
    <>
      <FieldLabel label={label} />
      <Group className="field-box">
        <Input
          className="field-input"
          placeholder={placeholder}
          {...(onKeyDown === undefined ? {} : { onKeyDown })}
          {...(onBlur === undefined ? {} : { onBlur })}
        />
        <Button className="tag-remove" aria-label={`Options of ${label}`}>
          <span className="select-arrow" aria-hidden="true" />
        </Button>
      </Group>
      <FieldNotes description={description} error={error} />
      <Popover className="popover">
        <ListBox<Option> className="list-box" renderEmptyState={() => 'Nothing of that name.'}>
          {(option) => <ListOption option={option} />}
        </ListBox>
      </Popover>
    </>
  );
}

type MultiProps = ComboProps &
  Readonly<{
    value: readonly string[];
    onChange: (value: readonly string[]) => void;
    /** Most that can be chosen. */
    max?: number | undefined;
  }>;

/** Several of many: each that is chosen becomes a tag that can be taken away again. */
export function MultiPick({ value, onChange, max = 32, ...props }: MultiProps) {
  const [text, setText] = useState('');
  // Each choice begins a new field: an emptied one would count as typed in, and open its list again.
  const [picks, setPicks] = useState(0);
  const left = props.options.filter(({ id }) => !value.includes(id));
  const add = (id: string): void => {
    const clean = id.trim();
    setText('');
    setPicks(picks + 1);
    if (clean !== '' && !value.includes(clean) && value.length < max) onChange([...value, clean]);
  };
  return (
    <div className="field">
      <AriaComboBox
        key={picks}
        // oxlint-disable-next-line jsx-a11y/no-autofocus -- the focus stays where it was
        autoFocus={picks > 0}
        className="field"
        items={left.filter(({ label }) => label.toLowerCase().includes(text.toLowerCase()))}
        inputValue={text}
        onInputChange={setText}
        value={null}
        onChange={(key) => {
          if (key !== null) add(String(key));
        }}
        allowsCustomValue={props.allowsCustomValue ?? false}
        allowsEmptyCollection
        isInvalid={props.error !== undefined}
      >
        <ComboParts
          {...props}
          {...(props.allowsCustomValue === true ? customEntry(text, add) : {})}
        />
      </AriaComboBox>
      <Tags
        names={value}
        labelOf={(id) => props.options.find((option) => option.id === id)?.label ?? id}
        onRemove={(id) => onChange(value.filter((other) => other !== id))}
      />
    </div>
  );
}

/** What was typed is taken by Enter, unless an option is marked then, and by going on. */
function customEntry(text: string, add: (text: string) => void) {
  return {
    onKeyDown: (event: KeyboardEvent<HTMLInputElement>): void => {
      const marksOption = event.currentTarget.hasAttribute('aria-activedescendant');
      if (event.key !== 'Enter' || marksOption || text.trim() === '') return;
      // Enter would send the form.
      event.preventDefault();
      add(text);
    },
    onBlur: (): void => {
      if (text.trim() !== '') add(text);
    },
  };
}

type TagsProps = Readonly<{
  names: readonly string[];
  labelOf: (id: string) => string;
  onRemove: (id: string) => void;
}>;

function Tags({ names, labelOf, onRemove }: TagsProps) {
  if (names.length === 0) return undefined;
  return (
    <ul className="tags">
      {names.map((id) => (
        <li key={id} className="tag">
          <bdi>{labelOf(id)}</bdi>
          <Button className="tag-remove" onPress={() => onRemove(id)}>
            <Mark sign="cross" />
            <VisuallyHidden>Remove {labelOf(id)}</VisuallyHidden>
          </Button>
        </li>
      ))}
    </ul>
  );
}
