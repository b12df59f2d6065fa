import { use } from 'react';
import { CodeBlock } from '../design/copy.tsx';
import { manifestOf, type RentForm } from './rent-form.ts';

/** Writing YAML is a library of its own, which is fetched while the form is looked at. */
const writer = import('./cluster-yaml.ts');

/** The YAML that the form makes. Inside of a Suspense. */
export function YamlBlock({ form }: Readonly<{ form: RentForm }>) {
  const { yamlOf } = use(writer);
  return (
    <CodeBlock
      label="What will be applied; kubectl apply -f does the same"
      code={yamlOf(manifestOf(form))}
    />
  );
}
