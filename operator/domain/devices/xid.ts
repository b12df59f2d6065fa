/**
 * What an XID says of the GPU: nothing, since the work on it was at fault; nothing that needs care;
 * that it should get no new work; that it does no work any more.
 */
export type XidClass = 'Application' | 'Notice' | 'Degraded' | 'Broken';

/** What ends it: the GPU or its driver is reset, the machine is started anew. */
type Remedy = 'reset the GPU' | 'restart the machine';

export type XidMeaning = Readonly<{ class: XidClass; text: string; remedy?: Remedy }>;

const application = (text: string): XidMeaning => ({ class: 'Application', text });
const notice = (text: string): XidMeaning => ({ class: 'Notice', text });
const broken = (text: string, remedy: Remedy = 'reset the GPU'): XidMeaning => ({
  class: 'Broken',
  text,
  remedy,
});

/**
 * By the catalogue of NVIDIA (docs.nvidia.com/deploy/xid-errors, read in November 2026) and its
 * immediate actions. Codes that NVIDIA's device plugin takes for the application's fault are that
 * here too: a renter must not be able to take a GPU off the market by a bad program.
 */
const meanings: ReadonlyMap<number, XidMeaning> = new Map([
  [8, application('a program stopped the GPU for too long')],
  [11, application('invalid commands of a program')],
  [13, application('exception in a program on the graphics engine')],
  [31, application('memory page fault of a program')],
  [32, application('invalid or corrupted commands')],
  [43, application('a program stopped being processed')],
  [44, application('fault of a program while contexts were switched')],
  [45, application('work was cleaned up after an earlier error')],
  [68, application('exception in the video decoder')],
  [69, application('invalid class or method of a program')],
  [109, application('a program did not yield in time')],
  [137, application('a program used NVLink memory that it may not')],
  [63, notice('memory is to be remapped at the next reset')],
  [92, notice('many memory errors were corrected')],
  [121, notice('an error of the link to the CPU was corrected')],
  [154, notice('the action that the GPU needs has changed')],
  [
    94,
    {
      class: 'Degraded',
      text: 'a memory error hit one program; the memory is remapped at a reset',
      remedy: 'reset the GPU',
    },
  ],
  [46, broken('the GPU stopped processing')],
  [48, broken('double-bit memory error')],
  [62, broken('the internal micro-controller halted')],
  [64, broken('memory could not be remapped')],
  [74, broken('NVLink error')],
  [79, broken('the GPU has fallen off the bus', 'restart the machine')],
  [95, broken('uncontained memory error')],
  [110, broken('security fault')],
  [119, broken('the GPU system processor does not answer')],
  [120, broken('error of the GPU system processor')],
  [136, broken('an NVLink could not be trained')],
  [140, broken('unrecoverable memory error')],
  [143, broken('the GPU could not be initialized')],
]);

/** A code that this release does not know keeps new work away, and ends none that runs. */
const unknown: XidMeaning = {
  class: 'Degraded',
  text: 'an error that this release does not know',
  remedy: 'reset the GPU',
};

export function xidMeaning(xid: number): XidMeaning {
  return meanings.get(xid) ?? unknown;
}
