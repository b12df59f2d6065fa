import { stringify } from 'yaml';

/**
 * An object as YAML. What YAML 1.1 would read as something else, such as the country NO, is put in
 * quotes: kubectl reads that version.
 */
export function yamlOf(manifest: Readonly<Record<string, unknown>>): string {
  return stringify(manifest, { compat: 'yaml-1.1', lineWidth: 0, aliasDuplicateObjects: false });
}
