import { useState } from 'react';
import { pathOf, useSearch, useSetSearch } from '../app/navigation.ts';
import { api, newIdempotencyKey } from '../client/fetch.ts';
import { ApiProblem } from '../client/problem.ts';
import type { Answer } from '../client/typed.ts';
import { useAction } from '../client/use-api.ts';
import { Button, ButtonLink } from '../design/button.tsx';
import { Card } from '../design/card.tsx';
import { CodeBlock } from '../design/copy.tsx';
import { TextField } from '../design/fields.tsx';
import { Row, Stack } from '../design/layout.tsx';
import { PageHeader } from '../design/page-header.tsx';
import { ErrorState, Notice } from '../design/state.tsx';
import { Countdown } from '../design/values.tsx';
import { useMember } from './data.ts';
import { JoinStagesList } from './join-progress.tsx';
import { hasArrived, joinStages, memberNameFault } from './join-stages.ts';
import './workers.css';

/** An invitation: it holds a token, so it is shown once and kept nowhere. */
type Invitation = Answer<'Invitation'>;

/** Makes an invitation for a data centre, and watches it come in. */
export default function JoinPage() {
  const search = useSearch();
  const setSearch = useSetSearch();
  const asked = search['name'] ?? '';
  const watched = memberNameFault(asked) === undefined ? asked : undefined;
  const [invitation, setInvitation] = useState<Invitation>();
  return (
    <>
      <PageHeader
        title="Join with a data centre"
        description="Your cluster needs Kubernetes 1.29 or newer, NVIDIA GPUs and Helm. It only dials out."
        crumbs={[{ to: '/workers/members', label: 'Data centres' }]}
      />
      <Stack gap={5}>
        {watched === undefined || invitation === undefined ? (
          <InviteForm
            initial={asked}
            onInvited={(name, made) => {
              setInvitation(made);
              setSearch({ name });
            }}
          />
        ) : (
          <InvitationCard invitation={invitation} />
        )}
        {watched !== undefined && <Arrival name={watched} />}
      </Stack>
    </>
  );
}

function InviteForm({
  initial,
  onInvited,
}: Readonly<{ initial: string; onInvited: (name: string, invitation: Invitation) => void }>) {
  const [name, setName] = useState(initial);
  const [wasTried, setTried] = useState(false);
  // The same name tried again is the same invitation; another name is another one.
  const [keys] = useState(() => new Map<string, string>());
  const fault = memberNameFault(name);
  const invite = useAction(
    (member: string) => {
      const idempotencyKey = keys.get(member) ?? newIdempotencyKey();
      keys.set(member, idempotencyKey);
      const body = { name: member };
      return api<Invitation>('/members/invitations', { method: 'POST', body, idempotencyKey });
    },
    { quiet: true, onSuccess: (made) => onInvited(name, made) },
  );
  const submit = (): void => {
    setTried(true);
    if (fault === undefined && !invite.isPending) invite.mutate(name);
  };
  return (
    <Card title="Invite">
      <form
        className="wk-next"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <TextField
          label="Name of the data centre"
          value={name}
          onChange={setName}
          placeholder="frankfurt-1"
          description="For people and in names of namespaces; it cannot change later."
          error={wasTried ? fault : undefined}
          maxLength={253}
          isRequired
        />
        <Row>
          <Button type="submit" variant="primary" isPending={invite.isPending}>
            Make the invitation
          </Button>
        </Row>
        {invite.error !== null && <InviteFault error={invite.error} name={name} />}
      </form>
    </Card>
  );
}

/** Inviting is an administrator's: who may not can ask one, with the very command. */
function InviteFault({ error, name }: Readonly<{ error: unknown; name: string }>) {
  // 404 to who may not even see data centres of others.
  const mayNot = error instanceof ApiProblem && (error.status === 403 || error.status === 404);
  if (!mayNot) return <ErrorState error={error} />;
  return (
    <Notice tone="info" title="An administrator of the hub has to invite">
      <Stack gap={3}>
        <p>Send them this line. What it prints is a secret until it was used.</p>
        <CodeBlock
          label="For an administrator"
          wrap
          code={`kubectl io member invite ${name} > invitation.yaml`}
        />
      </Stack>
    </Notice>
  );
}

function InvitationCard({ invitation }: Readonly<{ invitation: Invitation }>) {
  return (
    <Card title="Install in your cluster">
      <Stack gap={3}>
        <Notice tone="warn" title="It holds a token for one join">
          Hand it over on a way that nobody else reads. It is shown here only once, and good for{' '}
          <Countdown to={invitation.expiresAt} done="no longer: make another one" />.
        </Notice>
        <CodeBlock
          label="Run this where kubectl reaches your cluster"
          code={invitation.helmCommand}
        />
        <p className="wk-hint">
          Say who you are and what you ask for your GPUs in values of your own: member.location,
          member.accountRef and member.offers. Helm show values describes all of them.
        </p>
      </Stack>
    </Card>
  );
}

/** From time to time, beside the events: who is not known yet has none. */
const lookAgainMs = 4_000;

function Arrival({ name }: Readonly<{ name: string }>) {
  const member = useMember(name, { refetchMs: lookAgainMs });
  const isUnknown = member.error instanceof ApiProblem && member.error.status === 404;
  const stages = joinStages(member.data);
  return (
    <Card title="Watch it arrive">
      <Stack gap={4}>
        {member.error !== null && !isUnknown && member.data === undefined ? (
          <ErrorState error={member.error} onRetry={() => void member.refetch()} />
        ) : (
          <JoinStagesList stages={stages} />
        )}
        {member.data !== undefined && !member.data.accepted && (
          <CodeBlock label="For an administrator" wrap code={`kubectl io member accept ${name}`} />
        )}
        {hasArrived(stages) && (
          <Notice
            tone="good"
            title="It is here"
            action={
              <ButtonLink to={pathOf('workers', 'members', name)}>See the data centre</ButtonLink>
            }
          >
            Its devices are verified by themselves. Stake behind them where the network asks for it.
          </Notice>
        )}
      </Stack>
    </Card>
  );
}
