import { Badge } from '../design/badge.tsx';
import { DataTable } from '../design/data-table.tsx';
import { Stack } from '../design/layout.tsx';
import { PageHeader, Section } from '../design/page-header.tsx';
import type { Tone } from '../design/tone.ts';
import { type PublicFact, publicFacts } from './public-facts.ts';
import './explorer.css';

const toneOf: Readonly<Record<PublicFact['told'], Tone>> = {
  Everybody: 'info',
  'Its owner': 'accent',
  Nobody: 'neutral',
};

export default function PrivacyPage() {
  return (
    <Stack gap={5}>
      <PageHeader
        title="What is public, and what is not"
        description="The network is open as a whole and private in its parts."
      />
      <DataTable<PublicFact>
        caption="What is told, and to whom"
        rows={[...publicFacts]}
        rowKey={({ what }) => what}
        columns={[
          { id: 'what', header: 'What', narrow: 'title', cell: ({ what }) => what },
          {
            id: 'told',
            header: 'Told to',
            cell: ({ told }) => <Badge tone={toneOf[told]}>{told}</Badge>,
          },
          { id: 'text', header: 'How', cell: ({ text }) => text },
        ]}
      />
      <Section title="How it is kept">
        <ul className="ex-list">
          <li>
            What is public is made of its own kinds of answers, which have no field for a name; what
            is not in them cannot be sent.
          </li>
          <li>
            Fewer than three data centres are never told apart by where they are: their figures
            could be those of one.
          </li>
          <li>
            This site talks to itself alone: no other site is asked for fonts, maps, scripts or
            statistics, and none is told that you were here.
          </li>
          <li>
            A browser that is signed in keeps one cookie that says who you are, for eight hours. A
            pasted token is kept in memory alone, and is gone with the tab.
          </li>
        </ul>
      </Section>
    </Stack>
  );
}
