/** Deep equality of plain facts: strings, numbers, bigints, booleans, lists and objects of them. */
export function sameFacts(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== 'object' || typeof right !== 'object') return false;
  if (left === null || right === null) return false;
  const leftFields = Object.entries(left);
  const rightFields = new Map(Object.entries(right));
  if (leftFields.length !== rightFields.size) return false;
  return leftFields.every(
    ([name, value]) => rightFields.has(name) && sameFacts(value, rightFields.get(name)),
  );
}
