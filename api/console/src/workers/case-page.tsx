import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { CaseView } from '../../../../operator/domain/views/types.ts';
import { pathOf, useParams } from '../app/navigation.ts';
import { Button } from '../design/button.tsx';
import { Card } from '../design/card.tsx';
import { Facts } from '../design/facts.tsx';
import { TextField } from '../design/fields.tsx';
import { Row, Split, Stack } from '../design/layout.tsx';
import { ExternalLink } from '../design/link.tsx';
import { PageHeader } from '../design/page-header.tsx';
import { Stages } from '../design/stages.tsx';
import { Loaded, Notice, Skeleton } from '../design/state.tsx';
import { useNow } from '../design/use-now.ts';
import { Address, Countdown, Money, Name, Time } from '../design/values.tsx';
import TransactionDialog from '../wallet/transaction-dialog.tsx';
import {
  accusationText,
  type CaseStage,
  caseStage,
  caseSteps,
  statementFault,
} from './case-stage.ts';
import { Stage } from './case-table.tsx';
import { useCase } from './data.ts';
import './workers.css';

/** One case: what is said, what is at stake, and what the accused can do until when. */
export default function CasePage() {
  const { member = '', name = '' } = useParams();
  const found = useCase(member, name);
  return (
    <>
      <PageHeader
        title={found.data === undefined ? name : accusationText(found.data.reason)}
        crumbs={[{ to: '/workers/cases', label: 'Cases' }]}
        mark={found.data === undefined ? undefined : <Stage of={found.data} />}
        description={<Name mono>{name}</Name>}
      />
      <Loaded query={found} skeleton={<Skeleton lines={8} />}>
        {(data) => (
          <Split asideFirst>
            <Course of={data} />
            <AtRisk of={data} />
          </Split>
        )}
      </Loaded>
    </>
  );
}

function Course({ of }: Readonly<{ of: CaseView }>) {
  const stage = caseStage(of, useNow(1_000));
  // Not in the form: that goes as soon as the appeal is known, the dialog has its end to tell.
  const [statement, setStatement] = useState<string>();
  const client = useQueryClient();
  const { member, name, owner } = of;
  return (
    <Stack gap={5}>
      <StageNotice of={of} stage={stage} />
      {stage.mayAppeal && <Appeal onAppeal={setStatement} />}
      {statement !== undefined && (
        <TransactionDialog
          title="Appeal"
          action={{ type: 'appeal', member, case: name, statement }}
          address={owner}
          onClose={() => setStatement(undefined)}
          onDone={() => void client.invalidateQueries({ queryKey: ['case'] })}
        />
      )}
      <Card title="Course">
        <Stages label="Course of the case" stages={caseSteps(of)} />
      </Card>
      {of.appeal?.statement !== undefined && (
        <Card title="What the owner says">
          <p className="wk-statement">
            <bdi>{of.appeal.statement}</bdi>
          </p>
        </Card>
      )}
      {of.outcome?.statement !== undefined && (
        <Card title="Why it was decided so">
          <p className="wk-statement">
            <bdi>{of.outcome.statement}</bdi>
          </p>
        </Card>
      )}
    </Stack>
  );
}

function StageNotice({ of, stage }: Readonly<{ of: CaseView; stage: CaseStage }>) {
  if (stage.text === '') return null;
  return (
    <Notice tone={stage.tone === 'accent' ? 'info' : stage.tone} title={stage.label}>
      <bdi>{stage.text}</bdi>
      {stage.mayAppeal && of.appealDeadline !== undefined && (
        <p>
          <Countdown to={of.appealDeadline} done="over" /> left, until{' '}
          <Time at={of.appealDeadline} />.
        </p>
      )}
    </Notice>
  );
}

function AtRisk({ of }: Readonly<{ of: CaseView }>) {
  const { member, device, amount, evidenceSha256, evidenceUrl, chainAddress, owner } = of;
  return (
    <Card title="What it is about">
      <Facts
        items={[
          { label: 'Stake at risk', value: <Money amount={amount} asset="IO" /> },
          {
            label: 'Device',
            value: <Name to={pathOf('workers', 'devices', member, device)}>{device}</Name>,
          },
          {
            label: 'Data centre',
            value: <Name to={pathOf('workers', 'members', member)}>{member}</Name>,
          },
          {
            label: 'Evidence',
            value:
              evidenceUrl === undefined ? (
                'not published'
              ) : (
                <ExternalLink href={evidenceUrl}>Read it</ExternalLink>
              ),
          },
          { label: 'SHA-256 of it', value: <Address value={evidenceSha256} ends={8} /> },
          owner !== undefined && { label: 'Who may appeal', value: <Address value={owner} /> },
          chainAddress !== undefined && {
            label: 'On the chain',
            value: <Address value={chainAddress} />,
          },
        ]}
      />
    </Card>
  );
}

function Appeal({ onAppeal }: Readonly<{ onAppeal: (statement: string) => void }>) {
  const [statement, setStatement] = useState('');
  const [wasTried, setTried] = useState(false);
  const fault = statementFault(statement);
  const submit = (): void => {
    setTried(true);
    if (fault === undefined) onAppeal(statement);
  };
  return (
    <Card title="Appeal">
      <Stack gap={3}>
        <TextField
          label="What you have to say"
          value={statement}
          onChange={setStatement}
          multiline
          description="The chain keeps its SHA-256; who decides reads the text."
          error={wasTried ? fault : undefined}
          isRequired
        />
        <Row>
          <Button variant="primary" onPress={submit}>
            Appeal
          </Button>
        </Row>
      </Stack>
    </Card>
  );
}
