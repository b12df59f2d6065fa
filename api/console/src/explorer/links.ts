const placeholder = '{signature}';
const signaturePattern = /^[1-9A-HJ-NP-Za-km-z]{64,88}$/;

/**
 * Where the site's chain explorer shows a transaction; undefined where there is none to show it, or
 * where template or signature are not what they have to be, so that no link leads to anything else.
 */
export function transactionUrl(
  template: string | undefined,
  signature: string,
): string | undefined {
  if (template === undefined || !signaturePattern.test(signature)) return undefined;
  if (!template.includes(placeholder)) return undefined;
  const url = URL.parse(template.replace(placeholder, signature));
  return url?.protocol === 'https:' ? url.href : undefined;
}
