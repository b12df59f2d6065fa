/** What the chart of a member is told to join by. */
export type JoinValues = Readonly<{
  hubUrl: string;
  /** PEM; undefined: the hub's certificate is one that everybody trusts. */
  caBundle: string | undefined;
  apiUrl: string | undefined;
  member: string;
  enrolment: number;
  token: string;
}>;

/** The values as YAML, for `helm install --values`. */
export function helmValues(values: JoinValues): string {
  const { hubUrl, caBundle, apiUrl, member, enrolment, token } = values;
  return [
    'hub:',
    `  url: ${JSON.stringify(hubUrl)}`,
    ...(apiUrl === undefined ? [] : [`  apiUrl: ${JSON.stringify(apiUrl)}`]),
    ...(caBundle === undefined ? [] : ['  caBundle: |', ...indented(caBundle)]),
    'member:',
    `  name: ${JSON.stringify(member)}`,
    `  enrolment: ${enrolment}`,
    'join:',
    `  token: ${JSON.stringify(token)}`,
    '',
  ].join('\n');
}

const indented = (text: string): readonly string[] =>
  text
    .trim()
    .split(/\r?\n/)
    .map((line) => `    ${line.trim()}`);
