import axe from 'axe-core';

const NODES = 3;

/** What axe finds against WCAG 2.2 AA and good practice, each with where it is and what to do. */
export async function violations(): Promise<string[]> {
  const { violations: found } = await axe.run(document, {
    runOnly: {
      type: 'tag',
      values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    },
    resultTypes: ['violations'],
  });
  return found.map(({ id, help, nodes }) => {
    const places = nodes.slice(0, NODES).map(({ target, failureSummary = '' }) => {
      const why = failureSummary.split('\n').slice(1, 3).join(' ').trim();
      return `  ${target.join(' ')}: ${why}`;
    });
    const more = nodes.length > NODES ? [`  and ${nodes.length - NODES} more`] : [];
    return [`${id}: ${help}`, ...places, ...more].join('\n');
  });
}
