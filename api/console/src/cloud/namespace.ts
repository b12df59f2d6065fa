/** Whether a text can be the name of a namespace; while one is typed it is not asked for. */
export const isNamespace = (text: string): boolean =>
  text.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text);
