import type { DeviceView } from '../../../../operator/domain/views/types.ts';
import { pathOf } from '../app/navigation.ts';
import { ButtonLink } from '../design/button.tsx';
import { Card } from '../design/card.tsx';
import { Stack } from '../design/layout.tsx';
import { Stages, type StageState } from '../design/stages.tsx';
import { Notice } from '../design/state.tsx';
import { failingRung, ladderOf, progressOf, type Rung } from './ladder.ts';
import { type NextStep, nextStepOf, rungMeaning } from './next-step.ts';

/** The verification ladder of a device, and what to do where it stops. */
export function DeviceLadder({ device }: Readonly<{ device: DeviceView }>) {
  const ladder = ladderOf(device);
  const failing = failingRung(ladder);
  const { done, of } = progressOf(ladder);
  return (
    <Card
      title="Way to earning"
      actions={
        <span className="wk-hint">
          {done} of {of} steps
        </span>
      }
    >
      <Stack gap={4}>
        {failing !== undefined && <Advice step={nextStepOf(failing)} device={device} />}
        <Stages
          label="Verification ladder"
          stages={ladder.map((rung) => ({
            id: rung.name,
            label: rung.name,
            state: stageOf[rung.state],
            detail: <Detail rung={rung} />,
            ...(rung.since === undefined ? {} : { time: rung.since }),
          }))}
        />
      </Stack>
    </Card>
  );
}

const stageOf: Readonly<Record<Rung['state'], StageState>> = {
  done: 'done',
  failed: 'failed',
  waiting: 'todo',
  open: 'current',
  advised: 'skipped',
  notNeeded: 'skipped',
  unknown: 'todo',
};

function Detail({ rung }: Readonly<{ rung: Rung }>) {
  if (rung.state === 'open') return 'It waits for a renter.';
  if (rung.state === 'advised') {
    return (
      <>
        It can be rented without; block rewards may need it. <bdi>{rung.message}</bdi>
      </>
    );
  }
  if (rung.message === '' || rung.state === 'done') return rungMeaning[rung.name];
  return <bdi className="wk-said">{rung.message}</bdi>;
}

function Advice({ step, device }: Readonly<{ step: NextStep; device: DeviceView }>) {
  return (
    <Notice tone="warn" title={step.title} action={<AdviceLink step={step} device={device} />}>
      {step.text}
    </Notice>
  );
}

/** What is done about the stake stands below the ladder. */
function AdviceLink({ step, device }: Readonly<{ step: NextStep; device: DeviceView }>) {
  switch (step.action) {
    case 'proveWallet':
      return <ButtonLink to="/id/wallet">Prove the wallet</ButtonLink>;
    case 'seeCase':
      return <ButtonLink to="/workers/cases">See the case</ButtonLink>;
    case 'seeMember':
      return (
        <ButtonLink to={pathOf('workers', 'members', device.member)}>
          See the data centre
        </ButtonLink>
      );
    case 'stake':
    case 'withdrawStake':
    case 'none':
      return null;
  }
}
