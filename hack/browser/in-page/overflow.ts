/** Parts of a pixel, and glyphs that lean out of their box. */
const TOLERANCE = 1.5;
const LISTED = 20;
const TEXT_LENGTH = 60;

/**
 * Where text sticks out of its box or is cut off, and whether the page is wider than its window. A box
 * that scrolls is none of these, nor one that says with an ellipsis that there is more.
 */
export function overflows(): string[] {
  const problems: string[] = [];
  const { clientWidth, scrollWidth } = document.documentElement;
  if (scrollWidth > clientWidth) {
    problems.push(`the page is ${scrollWidth} px wide in a window of ${clientWidth} px`);
  }
  const told = new Set<Element>();
  // The innermost first: those around it stick out for the same reason.
  const elements = [...document.body.querySelectorAll<HTMLElement>('*')].toReversed();
  for (const element of elements) {
    const what = told.has(element) || !isText(element) ? undefined : faultOf(element, clientWidth);
    if (what === undefined) continue;
    for (let each: Element | null = element; each !== null; each = each.parentElement)
      told.add(each);
    problems.push(`${describe(element)}: ${what}`);
  }
  return problems.slice(0, LISTED);
}

/** HTML that is seen and has words. */
function isText(element: Element): element is HTMLElement {
  if (!(element instanceof HTMLElement) || (element.textContent ?? '').trim() === '') return false;
  if (element.matches('script, style, template, option, noscript')) return false;
  return (
    element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) &&
    !isForEarsOnly(element)
  );
}

/** Hidden from eyes, as screen readers' texts are: a box of a pixel, here or around it. */
function isForEarsOnly(element: HTMLElement): boolean {
  for (let each: HTMLElement | null = element; each !== null; each = each.parentElement) {
    const { clip, clipPath, position, overflowX } = getComputedStyle(each);
    const isClipped = clipPath.startsWith('inset(') || (clip !== 'auto' && position === 'absolute');
    if (isClipped) return true;
    if (overflowX === 'hidden' && each.clientWidth <= 1 && each.clientHeight <= 1) return true;
  }
  return false;
}

function faultOf(element: HTMLElement, windowWidth: number): string | undefined {
  const style = getComputedStyle(element);
  if (style.display !== 'inline' && style.display !== 'contents') {
    const { scrollWidth, clientWidth } = element;
    const mayScroll = ['auto', 'scroll'].includes(style.overflowX);
    const saysSo = style.textOverflow === 'ellipsis' && style.overflowX !== 'visible';
    if (scrollWidth > clientWidth + TOLERANCE && clientWidth > 0 && !mayScroll && !saysSo) {
      return `its content is ${scrollWidth} px wide, and it ${clientWidth} px`;
    }
    const cut = cutBelow(element, style);
    if (cut !== undefined) return cut;
  }
  return beyondWindow(element, windowWidth);
}

function cutBelow(element: HTMLElement, style: CSSStyleDeclaration): string | undefined {
  if (!['hidden', 'clip'].includes(style.overflowY) || style.webkitLineClamp !== 'none')
    return undefined;
  // Fonts reach a little above and below their lines.
  const tolerance = Number.parseFloat(style.fontSize) / 2;
  const { scrollHeight, clientHeight } = element;
  if (clientHeight === 0 || scrollHeight <= clientHeight + tolerance) return undefined;
  return `its content is ${scrollHeight} px high and cut off at ${clientHeight} px`;
}

function beyondWindow(element: HTMLElement, windowWidth: number): string | undefined {
  const own = [...element.childNodes].filter(
    (node) => node.nodeType === Node.TEXT_NODE && (node.textContent ?? '').trim() !== '',
  );
  if (own.length === 0 || isInScroller(element)) return undefined;
  for (const node of own) {
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const { left, right, width } of range.getClientRects()) {
      if (width === 0 || (left >= -TOLERANCE && right <= windowWidth + TOLERANCE)) continue;
      return `text from ${Math.round(left)} to ${Math.round(right)} px in a window of ${windowWidth} px`;
    }
  }
  return undefined;
}

/** What lies beyond the window can be scrolled to, or is cut where an ellipsis says so. */
function isInScroller(element: HTMLElement): boolean {
  for (let each: HTMLElement | null = element; each !== null; each = each.parentElement) {
    const { overflowX, textOverflow } = getComputedStyle(each);
    if (overflowX === 'auto' || overflowX === 'scroll') return true;
    if (textOverflow === 'ellipsis' && overflowX !== 'visible') return true;
  }
  return false;
}

function describe(element: HTMLElement): string {
  const id = element.id === '' ? '' : `#${element.id}`;
  const classes = [...element.classList].map((name) => `.${name}`).join('');
  const text = (element.textContent ?? '').trim().replaceAll(/\s+/g, ' ').slice(0, TEXT_LENGTH);
  return `<${element.localName}${id}${classes}> “${text}”`;
}
