/** What goes wrong with the frames of a watch, after that many were passed on unharmed. */
export type FrameFault =
  | { kind: 'end'; afterFrames: number }
  | { kind: 'duplicate'; afterFrames: number }
  | { kind: 'reorder'; afterFrames: number }
  | { kind: 'garbage'; afterFrames: number }
  | { kind: 'error-event'; afterFrames: number; code: number };

/** The lines of a watch with the fault in them; unharmed again after it, where it goes on. */
export async function* changeFrames(
  chunks: AsyncIterable<Buffer>,
  fault: FrameFault,
): AsyncGenerator<Buffer, void, undefined> {
  let passed = 0;
  let held: Buffer | undefined;
  if (fault.afterFrames === 0 && endsAt(fault)) {
    yield* ending(fault);
    return;
  }
  for await (const frame of frames(chunks)) {
    passed += 1;
    if (passed <= fault.afterFrames) {
      yield frame;
      if (passed === fault.afterFrames && endsAt(fault)) {
        yield* ending(fault);
        return;
      }
      continue;
    }
    if (fault.kind === 'duplicate') {
      yield Buffer.concat([frame, frame]);
    } else if (fault.kind === 'reorder') {
      if (held === undefined) {
        held = frame;
        continue;
      }
      yield Buffer.concat([frame, held]);
      held = undefined;
    }
  }
}

/** Whether the stream is over once the fault has happened. */
function endsAt(fault: FrameFault): boolean {
  return fault.kind === 'end' || fault.kind === 'garbage' || fault.kind === 'error-event';
}

function* ending(fault: FrameFault): Generator<Buffer, void, undefined> {
  if (fault.kind === 'garbage') yield Buffer.from('{"type":"MODIFIED","object":{"metad\n');
  if (fault.kind === 'error-event') {
    const object = {
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      message: 'injected',
      reason: fault.code === 410 ? 'Expired' : 'InternalError',
      code: fault.code,
    };
    yield Buffer.from(`${JSON.stringify({ type: 'ERROR', object })}\n`);
  }
}

async function* frames(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const end = rest.indexOf(0x0a);
      if (end === -1) break;
      yield rest.subarray(0, end + 1);
      rest = rest.subarray(end + 1);
    }
  }
}
